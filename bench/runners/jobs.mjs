// What every runner is given: the same jobs, the same rows to write, one way to count and one to end.
//
//   node <runner>.mjs <database URL> <number of jobs> <no-op | writing | logging>
//
// A script sets everything up in the database that it is given, which must be new; for `logging` it must have the tables of
// the service, of which it writes `event`. It ends with a line of JSON on standard output, or with a reason on standard error
// and a code other than 0.

import { createHash } from "node:crypto";
import { fstatSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

import pg from "pg";

/** Bounds a whole script, setting up included. */
const DEADLINE_SECONDS = 180;

/** How long the end of the last job may go unnoticed. */
const LOOK_MILLISECONDS = 10;

/** The name of the jobs in either runner. */
export const TASK = "fire";

/** What a job does, for a list of jobs: one statement, whether the list is of one or of thousands. */
const KINDS = {
  "no-op": null,
  writing: (numbers) => ({ name: "write", text: WRITE, values: [numbers] }),
  logging: (numbers) => {
    const payloads = numbers.map((number) => JSON.stringify({ ...REMINDER, collapsed: number % 2 }));
    const hashes = payloads.map((payload) => createHash("sha256").update(payload).digest("hex"));
    return { name: "log", text: LOG, values: [numbers, payloads, hashes] };
  },
};

/** The least that tells of a job: an audit row and an outbox row. */
const WRITE = `
  with job as (select unnest($1::int[]) as number),
       audited as (insert into audit (job, what) select number, 'fired' from job)
  insert into outbox (job, topic) select number, 'complaint.fired' from job`;

/** The audit row as a step that fires leaves it in the service's log, with its digest and its keys; and an outbox row. */
const LOG = `
  with job as (select * from unnest($1::int[], $2::text[], $3::text[]) as job (number, payload, hash)),
       audited as (
         insert into event (complaint_id, sequence, kind, at, actor, payload, hash, clock, cycle, step, repetition, step_due_at)
         select ('01900000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid, 2, 'reminder', now(), 'system', payload::json,
                decode(hash, 'hex'), 'acknowledgement', 1, 0, 1, now()
         from job)
  insert into outbox (job, topic) select number, 'complaint.fired' from job`;

/** As the service writes it. */
const REMINDER = { kind: "reminder", clock: "acknowledgement", to: "handler", overdue: false };

/** What to run for a list of jobs, so that node-postgres prepares it once for each connection; null: nothing. */
export function handler(kind) {
  return KINDS[kind];
}

/**
 * Runs a runner from its first look at the jobs until the database holds none that is not done.
 *
 * A runner brings `title` and `version`, and
 * - `prepare(url, jobs)`: its schema, and in it the jobs 1 to `jobs`, all due;
 * - `connect(url, kind, handled)`: what is not to be measured of its start. It returns `start`, and `stop` for afterwards.
 *   `handled` is to be called with the numbers of jobs that were run;
 * - `undone`: a `from … where …` of the jobs that are not done.
 */
export async function measure(runner) {
  const [url, jobs, kind] = words();
  endWithParent();
  process.on("uncaughtException", (error) => end(error.message));
  setTimeout(() => end(`not done within ${DEADLINE_SECONDS} s`), DEADLINE_SECONDS * 1_000).unref();

  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create table audit (id bigint generated always as identity primary key, job int not null, what text not null,
                        at timestamptz not null default now());
    create table outbox (id bigint generated always as identity primary key, job int not null, topic text not null,
                         at timestamptz not null default now());`);
  await runner.prepare(url, jobs);
  await client.query("vacuum analyze");
  await client.query("checkpoint");

  const times = new Map();
  let left = jobs;
  let allHandled;
  const handled = new Promise((resolve) => (allHandled = resolve));
  const { start, stop } = await runner.connect(url, kind, (numbers) => {
    for (const number of numbers) times.set(number, (times.get(number) ?? 0) + 1);
    left -= numbers.length;
    if (left <= 0) allHandled();
  });

  const from = performance.now();
  await start();
  await handled;
  // Handled is not done: what a runner notes of it may still be under way. Looking at it must not hold it up.
  while (await one(client, `select exists (select ${runner.undone})`)) await pause(LOOK_MILLISECONDS);
  const seconds = (performance.now() - from) / 1_000;

  await stop();
  await check(client, runner, jobs, kind, times);
  await client.end();
  const { title, version } = runner;
  process.stdout.write(`${JSON.stringify({ runner: title, version, kind, jobs, seconds })}\n`);
}

/** Refuses a run in which a job was left out, or came twice. */
async function check(client, runner, jobs, kind, times) {
  const written = kind === "no-op" ? 0 : jobs;
  const audit = kind === "logging" ? "event" : "audit";
  const audited = kind === "logging" ? "complaint_id" : "job";
  const count = async (query) => Number(await one(client, `select count${query}`));
  const found = [
    ["jobs that are not done", await count(`(*) ${runner.undone}`), 0],
    ["jobs that were run", times.size, jobs],
    ["jobs that were run again", [...times.values()].filter((often) => often > 1).length, 0],
    ["audit rows", await count(`(*) from ${audit}`), written],
    ["jobs in audit", await count(`(distinct ${audited}) from ${audit}`), written],
    ["outbox rows", await count("(*) from outbox"), written],
    ["jobs in outbox", await count("(distinct job) from outbox"), written],
  ];
  const wrong = found.filter(([, is, ought]) => is !== ought);
  if (wrong.length > 0) end(wrong.map(([what, is, ought]) => `${what}: ${is}, not ${ought}`).join("; "));
}

async function one(client, query) {
  const { rows } = await client.query({ text: query, rowMode: "array" });
  return rows[0][0];
}

function words() {
  const [url, count, kind, ...more] = process.argv.slice(2);
  const jobs = Number(count);
  if (!url || !Number.isInteger(jobs) || jobs < 1 || !Object.hasOwn(KINDS, kind) || more.length > 0) {
    end(`wanted: <database URL> <number of jobs> <${Object.keys(KINDS).join(" | ")}>`);
  }
  return [url, jobs, kind];
}

/** A parent that holds our standard input as a pipe takes us with it. */
function endWithParent() {
  if (fstatSync(0).isFIFO()) {
    process.stdin.on("end", () => end("whoever started this has gone")).resume().unref();
  }
}

/** Ends at once, whatever is still open. */
export function end(reason) {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
