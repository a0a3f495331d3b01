alter table complaint drop column next_due_at;
alter table complaint drop column last_contact_at;
alter table complaint drop column referred;
