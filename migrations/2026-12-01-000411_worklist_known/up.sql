-- Fills the columns for what was there before them, beside the running service: a page at a time, each in a transaction of its own.
-- What is locked is passed over, so that no transaction waits for one lock while it holds another, and taken in a later round. Where
-- that was broken off, the rest is done when it is run again.
do $$
declare
    past uuid;
    page uuid[];
    missing bigint;
    left_over bigint;
begin
    loop
        past := '00000000-0000-0000-0000-000000000000';
        left_over := 0;
        loop
            select array_agg(id order by id) into page
                from (select id from complaint where id > past order by id limit 500) next_page;
            exit when page is null;
            past := page[array_upper(page, 1)];
            with wanted as materialized (
                select c.id,
                    c.next_due_at is null and (c.closed_at is null or exists (select from clock k where k.complaint_id = c.id
                        and k.stopped_at is null and k.state = 'running')) as unknown,
                    not c.referred and coalesce(c.body -> 'referral' ->> 'stage' <> 'concluded'
                        or (c.body -> 'referral' -> 'findings' ->> 'must_act' = 'true'
                        and c.body -> 'referral' -> 'findings' ->> 'carried_out_at' is null), false) as referred
                from complaint c where c.id = any(page)
            ), held as materialized (
                select c.id, wanted.unknown, wanted.referred from complaint c join wanted on wanted.id = c.id
                where wanted.unknown or wanted.referred
                order by c.id for update of c skip locked
            ), filled as (
                update complaint c set
                    referred = c.referred or held.referred,
                    next_due_at = case when not held.unknown then c.next_due_at else coalesce(
                        (select min(k.due_at) from clock k where k.complaint_id = c.id and k.stopped_at is null
                            and k.state = 'running'), 'infinity') end,
                    last_contact_at = case when not held.unknown then c.last_contact_at else
                        (select max(coalesce((e.payload ->> case e.kind
                            when 'contact_recorded' then 'contact_at'
                            when 'customer_answered' then 'answered_at'
                            when 'acknowledged' then 'acknowledged_at'
                            when 'escalation_acknowledged' then 'acknowledged_at'
                            when 'update_sent' then 'sent_at'
                            when 'outcome_proposed' then 'told_at'
                            when 'resolved_at_first_contact' then 'resolved_at'
                            else 'requested_at' end)::timestamptz, e.at))
                        from event e where e.complaint_id = c.id
                            and e.kind in ('contact_recorded', 'customer_answered', 'acknowledged', 'escalation_acknowledged',
                                'update_sent', 'outcome_proposed', 'resolved_at_first_contact', 'escalated')
                            and coalesce(e.payload ->> 'not_reached', '') <> 'true') end
                from held where c.id = held.id
                returning 1
            )
            select count(*) filter (where unknown or wanted.referred) - (select count(*) from filled) into missing from wanted;
            left_over := left_over + missing;
            commit;
        end loop;
        exit when left_over = 0;
        perform pg_sleep(0.1);
    end loop;
end
$$;
