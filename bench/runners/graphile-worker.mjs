// graphile-worker, which fetches jobs in batches, notes them as done in batches, and runs each by itself.

import { EventEmitter } from "node:events";
import { createRequire } from "node:module";

import pg from "pg";

import { end, handler, measure, TASK } from "./jobs.mjs";

// Before it is loaded, as it reads this once: a line of log for each job is no part of the comparison.
process.env.NO_LOG_SUCCESS = "1";
const { Logger, run, runMigrations } = await import("graphile-worker");
const { version } = createRequire(import.meta.url)("graphile-worker/package.json");

// What its page on performance names ("Batching"), with greater numbers than are given there: they were the fastest on two
// cores for both kinds of job. A second worker, in a thread of its own, gained nothing: Postgres wants the other core.
const CONNECTIONS = 10;
const SETTINGS = {
  concurrentJobs: 500,
  maxPoolSize: CONNECTIONS,
  localQueue: { size: 2_000 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

const logger = new Logger(() => (level, message) => {
  if (level === "error") fail(message);
});

function fail(message) {
  end(`graphile-worker: ${message}`);
}

async function prepare(url, jobs) {
  await runMigrations({ connectionString: url, preset: { worker: { logger } } });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `select count(*) from graphile_worker.add_jobs(array(
       select json_populate_record(null::graphile_worker.job_spec,
                                   json_build_object('identifier', $1::text, 'payload', json_build_object('number', number)))
       from generate_series(1, $2::int) as number))`,
    [TASK, jobs],
  );
  await client.end();
}

/**
 * A task that writes. Jobs that run at the same time share a statement, as a handler may do that is written with care; the
 * runner itself gives each job a client of its own, and with a statement for each job a fifth of the rate is left.
 */
function sharing(pool, statement) {
  let open = null;
  return ({ number }) => {
    if (!open) {
      const numbers = [];
      const written = new Promise((resolve) => setImmediate(resolve)).then(() => {
        open = null;
        return pool.query(statement(numbers));
      });
      open = { numbers, written };
    }
    open.numbers.push(number);
    return open.written;
  };
}

async function connect(url, kind, handled) {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  pool.on("error", (error) => fail(error.message));
  pool.on("connect", (client) => client.on("error", (error) => fail(error.message)));
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
  clients.forEach((client) => client.release());
  const statement = handler(kind);
  const task = statement ? sharing(pool, statement) : () => {};
  const events = new EventEmitter();
  events.on("job:success", ({ job }) => handled([job.payload.number]));
  let runner;
  return {
    start: async () => {
      const preset = { worker: { ...SETTINGS, logger, events } };
      runner = await run({ pgPool: pool, taskList: { [TASK]: task }, noHandleSignals: true, preset });
    },
    stop: async () => {
      await runner.stop();
      await pool.end();
    },
  };
}

await measure({
  title: "graphile-worker",
  version,
  prepare,
  connect,
  // What is done is deleted.
  undone: "from graphile_worker.jobs",
});
