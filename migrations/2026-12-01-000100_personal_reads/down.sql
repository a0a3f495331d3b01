drop table personal_read;
