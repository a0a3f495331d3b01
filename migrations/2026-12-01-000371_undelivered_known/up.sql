-- What failed before the column was there, beside the running service: they are found first, since reading holds up nobody, and then
-- changed one by one. Each is looked at again under its lock, since it may have been changed in between. Where that was broken off, the
-- rest is done when it is run again.
do $$
declare
    found uuid[];
    which uuid;
begin
    select array_agg(id) into found from complaint where not undelivered and body::text like '%"failed"%';
    foreach which in array coalesce(found, '{}') loop
        update complaint c set undelivered = true where c.id = which and not c.undelivered
            and exists (select from json_each(c.body -> 'notices') notice where notice.value ->> 'state' = 'failed');
        commit;
    end loop;
end
$$;
