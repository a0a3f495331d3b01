-- Likewise, of each who handles it or of nobody: the order of a queue, and what the board of queues is counted by: from the index
-- alone, which therefore includes the column. Built as the one before.
create index concurrently complaint_due_held on complaint (brand, assignee, coalesce(next_due_at, '-infinity'::timestamptz), id)
    include (next_due_at) where closed_at is null or next_due_at is not null;
