-- The corrections of customers' data, of which the last is shown with a complaint. Nothing is written to it but by those. Built
-- beside the running service. Where that was broken off, an invalid index is left behind: drop it, and migrate again.
create index concurrently event_customer_corrected on event (complaint_id, sequence) where kind = 'customer_corrected';
