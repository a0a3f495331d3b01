alter table complaint set (fillfactor = 80);
