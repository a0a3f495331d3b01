drop index concurrently if exists event_rare;
