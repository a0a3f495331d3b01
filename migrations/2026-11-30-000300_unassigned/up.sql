-- What nobody handles, for callers who see just that and what their own teams handle: without it, a page would walk past all
-- that is in the hands of others. Written to by what is filed, or changes its state, while nobody has it. Built beside the
-- running service. Where that was broken off, an invalid index is left behind: drop it, and migrate again.
create index concurrently complaint_unassigned on complaint (brand, state, id) where assignee is null;
