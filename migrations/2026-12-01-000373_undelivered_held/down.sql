drop index concurrently if exists complaint_undelivered_held;
