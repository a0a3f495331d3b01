-- What the independent body has, in the order of lists. Built as the one before.
create index concurrently complaint_referred on complaint (brand, state, id)
    where referred;
