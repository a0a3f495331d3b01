-- What complaints are found by: a row for each word or number by which a complaint is looked up. No word stands here: the key is the
-- beginning of a digest of the brand, the kind and the word in the form in which words are compared. Whoever has a word can look for
-- it, so the rows are personal data all the same, and are erased with the person.
create table search_key (
    key          bigint not null,
    complaint_id uuid not null,
    -- In the order of the answers, from whose end they are read.
    primary key (key, complaint_id)
);

-- What is erased, or no longer holds. Ids grow with time, so this grows at its end alone.
create index search_key_complaint on search_key (complaint_id);

-- Up to which complaint those that were filed by a release before this one have been given their keys. One row.
create table search_progress (
    one   boolean primary key default true check (one),
    after uuid not null
);
insert into search_progress (after) values ('00000000-0000-0000-0000-000000000000');
