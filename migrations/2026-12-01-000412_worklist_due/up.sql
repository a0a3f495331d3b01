-- What has to be acted on, in the order in which it falls due: what is open, or still owes something. What is not known to fall due
-- comes first, since nothing may be overlooked. Written to by whatever moves the first promise of a complaint, but by no step that
-- fires. Built beside the running service. Where that was broken off, an invalid index is left behind: drop it, and migrate again.
create index concurrently complaint_due on complaint (brand, coalesce(next_due_at, '-infinity'::timestamptz), id)
    where closed_at is null or next_due_at is not null;
