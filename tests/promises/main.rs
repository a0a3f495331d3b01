mod working_time;
