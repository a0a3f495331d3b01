-- What has a label. A complaint without any is not written to it. Built beside the running service. Where that was broken off,
-- an invalid index is left behind: drop it, and migrate again.
create index concurrently complaint_labels on complaint using gin (labels) where labels is not null;
