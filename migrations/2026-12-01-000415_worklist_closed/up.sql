-- What is over, in the order in which it was closed. Written to by what closes a complaint. Built as the one before.
create index concurrently complaint_closed on complaint (brand, closed_at, id)
    where closed_at is not null;
