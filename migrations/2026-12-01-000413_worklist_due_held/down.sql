drop index concurrently if exists complaint_due_held;
