drop index concurrently if exists complaint_closed;
