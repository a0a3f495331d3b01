-- Who was shown personal data of which complaint: a row for each call and complaint. It names the complaint and never the
-- person, so an erasure has nothing to do here. Rows are written once, and deleted by the night after their time.
create table personal_read (
    at           timestamptz not null,
    id           uuid not null,
    complaint_id uuid not null,
    -- As the caller is known, and by one form of the name, by which it is searched.
    reader       text not null,
    reader_key   text not null,
    method       text not null,
    -- What kinds of personal data were among the answer.
    shown        text[] not null,
    -- Empty: the caller gave none.
    purpose      text not null,
    -- In the order in which they are listed, and deleted. That it is unique lets a row be written twice and stand once.
    primary key (at, id)
);

create index personal_read_complaint on personal_read (complaint_id, at, id);
create index personal_read_reader on personal_read (reader_key, at, id);
