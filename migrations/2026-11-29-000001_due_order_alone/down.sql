create index concurrently clock_next_fire on clock (next_fire_at) where next_fire_at is not null;
