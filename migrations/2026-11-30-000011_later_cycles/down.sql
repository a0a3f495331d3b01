drop index concurrently if exists clock_later;
