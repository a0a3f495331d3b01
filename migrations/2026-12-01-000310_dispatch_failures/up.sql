-- How often it was put off since it was queued: what is sent again begins anew.
alter table dispatch add column failures integer not null default 0 check (failures >= 0);

-- What has been waiting for longest.
create index dispatch_oldest on dispatch (means, since) where state = 'waiting';
