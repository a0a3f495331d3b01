drop index concurrently if exists complaint_referred;
