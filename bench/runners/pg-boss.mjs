// pg-boss, which hands jobs to their handler in batches, and notes each batch as done by one statement.
//
// Of the releases that declare to work with Node 20 it is the last. A later one (12.38), which keeps more indexes on its jobs,
// was slower here whatever its batches.

import { createRequire } from "node:module";

import pg from "pg";
import PgBoss from "pg-boss";

import { end, handler, measure, TASK } from "./jobs.mjs";

const { version } = createRequire(import.meta.url)("pg-boss/package.json");

// Its options for many jobs are `batchSize` and more calls of `work`. Each fetch sorts all jobs that wait, so few and great
// batches are the fastest, and two workers are enough: nearly all of the time is that of Postgres.
const WORKERS = 2;
const BATCH = 10_000;
/** How many jobs are inserted by one statement. */
const INSERTED = 10_000;

function boss(url) {
  // Its housekeeping would only disturb.
  const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
  return boss.on("error", (error) => end(`pg-boss: ${error.message}`));
}

async function prepare(url, jobs) {
  const preparing = boss(url);
  await preparing.start();
  await preparing.createQueue(TASK);
  for (let before = 0; before < jobs; before += INSERTED) {
    const numbers = Array.from({ length: Math.min(INSERTED, jobs - before) }, (_, place) => before + place + 1);
    await preparing.insert(numbers.map((number) => ({ name: TASK, data: { number } })));
  }
  await preparing.stop({ graceful: false });
}

async function connect(url, kind, handled) {
  const working = boss(url);
  await working.start();
  const pool = new pg.Pool({ connectionString: url, max: WORKERS });
  pool.on("error", (error) => end(`pg-boss: ${error.message}`));
  const statement = handler(kind);
  const workers = [];
  const work = async (batch) => {
    // There may be more, so nobody rests until the next poll.
    workers.forEach((worker) => working.notifyWorker(worker));
    const numbers = batch.map((job) => job.data.number);
    // A failed job would be tried again; here it ends the run.
    if (statement) await pool.query(statement(numbers)).catch((error) => end(`pg-boss: ${error.message}`));
    handled(numbers);
  };
  return {
    start: async () => {
      for (let count = 0; count < WORKERS; count++) {
        workers.push(await working.work(TASK, { batchSize: BATCH, pollingIntervalSeconds: 0.5 }, work));
      }
    },
    stop: async () => {
      await working.stop({ graceful: false });
      await pool.end();
    },
  };
}

await measure({
  title: "pg-boss",
  version,
  prepare,
  connect,
  undone: `from pgboss.job where name = '${TASK}' and state <> 'completed'`,
});
