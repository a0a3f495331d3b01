-- What worklists are ordered by, and whether the independent body has the complaint. Columns without a default or with a constant
-- one: no row is written anew.
-- * next_due_at: when the first running clock falls due; infinity for an open complaint without one, null for one that is over and
--   has none. Null on an open complaint: not known, since a release wrote it that did not have the column.
-- * last_contact_at: when customer and provider were last in touch; null: not since the receipt, or not known.
alter table complaint add column next_due_at timestamptz;
alter table complaint add column last_contact_at timestamptz;
alter table complaint add column referred boolean not null default false;
