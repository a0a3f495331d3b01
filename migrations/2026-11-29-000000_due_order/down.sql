drop index concurrently if exists clock_fire_order;
