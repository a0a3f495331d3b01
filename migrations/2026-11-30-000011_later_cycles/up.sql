-- The cycles of clocks that were restarted, in the order in which they are listed: a complaint may have thousands. No column
-- of it ever changes, and a complaint that is filed is not written to it. Built beside the running service. Where that was
-- broken off, an invalid index is left behind: drop it, and migrate again.
create index concurrently clock_later on clock (complaint_id, started_at, name, cycle) where cycle > 1;
