alter table event drop column standing;
