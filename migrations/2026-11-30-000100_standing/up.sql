-- Where the complaint stands after the change that the event belongs to. Null in the events from before it was recorded.
alter table event add column standing json;
