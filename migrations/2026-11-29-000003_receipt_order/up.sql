-- What a trial of a policy looks at of the past: the complaints under it in the order of their receipt, whether open or over.
-- No column of it ever changes, so a complaint is written to it once. Built beside the running service. Where that was broken
-- off, an invalid index is left behind: drop it, and migrate again.
create index concurrently complaint_received on complaint (policy, received_at, id);
