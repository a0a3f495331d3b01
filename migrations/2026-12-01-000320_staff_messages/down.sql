drop table staff_message;
drop table staff_position;
