drop table bus;
