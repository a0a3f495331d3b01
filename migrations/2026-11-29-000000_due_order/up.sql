-- What is due, in an order that has no ties but the clocks of one complaint: many clocks fall due at one instant, and a sweep
-- that goes on within it must not walk what it has fired already. Built beside the running service. Where that was broken off,
-- an invalid index is left behind: drop it, and migrate again.
create index concurrently clock_fire_order on clock (next_fire_at, complaint_id) where next_fire_at is not null;
