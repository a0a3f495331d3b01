drop index concurrently if exists event_issue_added;
