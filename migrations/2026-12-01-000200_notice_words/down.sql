drop trigger notice_words on notice;
drop function notice_words();
