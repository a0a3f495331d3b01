-- What is open, in the order of the last contact. Written to by contacts. Built as the one before.
create index concurrently complaint_contact on complaint (brand, coalesce(last_contact_at, received_at), id)
    where closed_at is null;
