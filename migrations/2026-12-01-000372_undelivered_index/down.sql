drop index concurrently if exists complaint_undelivered;
