-- What is open above the first level, the highest first. Few of what is open. Built as the one before.
create index concurrently complaint_level on complaint (brand, (-level), id)
    where closed_at is null and level > 0;
