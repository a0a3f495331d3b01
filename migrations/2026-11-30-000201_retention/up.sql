-- What is over and still has personal data, in the order in which their time runs out. An open complaint is not written to it.
-- Built beside the running service. Where that was broken off, an invalid index is left behind: drop it, and migrate again.
create index concurrently complaint_retained on complaint (policy, closed_at, id) where closed_at is not null and not erased;
