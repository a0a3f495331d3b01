-- What did not reach its customer, in the order of lists. Built beside the running service. Where that was broken off, an invalid
-- index is left behind: drop it, and migrate again.
create index concurrently complaint_undelivered on complaint (brand, state, id) where undelivered;
