-- The versions that were taken into use while the service ran, in that order. Append-only; numbers without a gap, so that
-- who has learnt one has learnt all before it. A calendar is taken into use with the policy that counts in it.
create table activation (
    number  bigint primary key check (number > 0),
    kind    text not null check (kind in ('policy', 'brand')),
    name    text not null,
    version text not null,
    actor   text not null,
    at      timestamptz not null,
    foreign key (kind, name, version) references rule_text (kind, name, version)
);

create index activation_name on activation (kind, name, number);

-- What a change of a policy reaches: its open complaints, page by page.
create index complaint_policy on complaint (policy, id) where closed_at is null;
