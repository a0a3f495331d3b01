update complaint set referred = false where referred;
update complaint set next_due_at = null, last_contact_at = null where next_due_at is not null or last_contact_at is not null;
