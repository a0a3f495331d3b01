-- What happens to few complaints, and counts in figures: a stored complaint has only the last of each. Nothing is written to it by
-- what happens to all of them. Built beside the running service. Where that was broken off, an invalid index is left behind: drop
-- it, and migrate again.
create index concurrently event_rare on event (complaint_id, sequence)
    where kind in ('reopened', 'escalated', 'referred', 'notice_failed');
