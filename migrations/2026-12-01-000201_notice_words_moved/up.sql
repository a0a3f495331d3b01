-- Moves the words of the notices there are, beside the running service: a complaint at a time, under its lock, so that none is
-- moved past an erasure. Where that was broken off, the rest is moved when it is run again; until it is through, no commit waits for the
-- disk, since none that is lost is missed.
do $$
declare
    which uuid;
begin
    perform set_config('synchronous_commit', 'off', false);
    for which in select distinct complaint_id from notice where text is not null order by complaint_id loop
        perform from complaint where id = which for update;
        insert into personal (complaint_id, sequence, body)
            select complaint_id, sequence, json_build_object('notice', json_build_array(text))
            from notice where complaint_id = which and text is not null;
        update notice set text = null where complaint_id = which and text is not null;
        commit;
    end loop;
    reset synchronous_commit;
end
$$;
