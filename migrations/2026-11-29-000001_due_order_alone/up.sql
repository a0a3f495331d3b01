-- The index that clock_fire_order takes the place of.
drop index concurrently if exists clock_next_fire;
