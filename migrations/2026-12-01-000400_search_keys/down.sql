drop table search_progress;
drop table search_key;
