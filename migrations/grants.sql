-- The least that Redress needs of Postgres, for two roles: `redress_migrate` owns the tables and changes the schema, and
-- `redress_serve` runs the service. Neither is a superuser, and the second can change no event: what is in the log stays in
-- the log, whoever holds the service's password.
--
-- 1. As an administrator, in the database of Redress:    psql -d redress -f migrations/grants.sql
-- 2. As redress_migrate:                                  redress migrate
-- 3. As an administrator, once more, now for the tables:  psql -d redress -f migrations/grants.sql
--
-- The third is repeated after every release that brings migrations; what was granted before stays. The roles have no passwords
-- yet: set them with \password in psql, which sends no password in the clear, or let pg_hba.conf ask for certificates.

do $$
begin
    if not exists (select from pg_roles where rolname = 'redress_migrate') then
        create role redress_migrate login;
    end if;
    if not exists (select from pg_roles where rolname = 'redress_serve') then
        create role redress_serve login;
    end if;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to redress_migrate, redress_serve', current_database());
end
$$;

revoke create on schema public from public;
grant usage, create on schema public to redress_migrate;
grant usage on schema public to redress_serve;

do $$
begin
    if to_regclass('__diesel_schema_migrations') is null then
        raise notice 'there are no tables yet: run redress migrate as redress_migrate, and then this once more';
        return;
    end if;

    -- Whether the schema is this program's.
    grant select on __diesel_schema_migrations to redress_serve;

    -- Written once, and never changed or deleted.
    grant select, insert on event, notice, activation to redress_serve;

    -- Written once, until they are erased. The digest of a notice's text is in the log, which proves its words.
    grant select, insert, delete on personal to redress_serve;

    -- What complaints are found by, until it is erased or no longer holds; and how far it was made up for.
    grant select, insert, delete on search_key to redress_serve;
    grant select on search_progress to redress_serve;
    grant update (after) on search_progress to redress_serve;

    -- Which notices are to be sent, and whose turn it is. Where they stand follows from the log, and is proved from it.
    grant select, insert, update on dispatch to redress_serve;

    -- Where each complaint and each clock stands; it follows from the log, and is proved from it. Nothing of it is deleted.
    grant select, insert, update on complaint, clock to redress_serve;

    -- Who was shown personal data: written once, and deleted when it has been kept for long enough.
    grant select, insert, delete on personal_read to redress_serve;

    -- What staff are to be told, deleted some time after it has ended; and up to where the log was read for it.
    grant select, insert, update, delete on staff_message to redress_serve;
    grant select, insert, update on staff_position to redress_serve;

    -- The answers to repeated requests, which are forgotten after a while.
    grant select, insert, delete on request to redress_serve;

    -- Where events go, and each of them on its way; deleted when they have been over for long enough.
    grant select, insert, update, delete on subscription, delivery to redress_serve;

    -- That one was disabled, until somebody was told of it.
    grant select, insert, update, delete on subscription_alert to redress_serve;

    -- What happened to a subscription: written once. It goes with the subscription.
    grant select, insert on subscription_change to redress_serve;

    -- The texts of policies, calendars and brands stay as they are. When one is loaded again, that is noted.
    grant select, insert on rule_text to redress_serve;
    grant update (loaded_at, calendars) on rule_text to redress_serve;

    -- How far the log is settled, and how far a migration of complaints has come.
    grant select, insert on log_branch, migration to redress_serve;
    grant update (settled) on log_branch to redress_serve;
    grant update (body) on migration to redress_serve;

    -- How far the log is published to a bus.
    grant select, insert, update on bus to redress_serve;
end
$$;

-- The service measures the disk of the database in full with this; without it, it counts what it may see.
-- grant pg_monitor to redress_serve;
