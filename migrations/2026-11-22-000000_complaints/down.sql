drop table request;
drop table notice;
drop table personal;
drop table event;
drop table clock;
drop table complaint;
drop table rule_text;
