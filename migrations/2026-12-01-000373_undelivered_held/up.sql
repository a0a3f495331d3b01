-- Likewise, by who handles it. Built as the one before.
create index concurrently complaint_undelivered_held on complaint (brand, assignee, id) where undelivered;
