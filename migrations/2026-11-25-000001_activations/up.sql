-- With which versions of which calendars a policy was loaded, such as {"ca-federal": "0a1b2c3d4e5f"}: its version stands for
-- them too. Null: kept before that was noted.
alter table policy add column calendars json;

-- The policies that were taken into use while the service ran, in that order. Append-only; numbers without a gap, so that
-- who has learnt one has learnt all before it.
create table activation (
    number         bigint primary key check (number > 0),
    policy         text not null,
    policy_version text not null,
    actor          text not null,
    at             timestamptz not null,
    foreign key (policy, policy_version) references policy (name, version)
);

create index activation_policy on activation (policy, number);

-- What a change of a policy reaches: its open complaints, page by page.
create index complaint_policy on complaint (policy, id) where closed_at is null;
