drop table dispatch;
