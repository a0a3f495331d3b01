//! What the figures were measured on, and how to read them.

use std::fmt::Write as _;

use super::{Report, table::counted};

pub(super) const HOW_TO_READ: &str = "\
Each round measures the service and then, with pgbench, what plain Postgres does for the same end: on the same server,
with `fsync`, `synchronous_commit` and `full_page_writes` on, in a database of the same schema, after a checkpoint and a
moment of the same work to warm up. pgbench writes the very rows that the service wrote for the same filing: they are read
back from the service's database, and the run ends with an error where number and size of the rows differ. It binds every
value and prepares its statements.

- **Compare the ratios.** They are taken round by round, so what disturbs the machine disturbs both sides. A rate by itself
  is one of this machine on this day. A target is met where the middle round meets it; where least and greatest lie on
  different sides of it, measure again on a quieter machine before you believe either.
- A ratio is the service's rate through that of Postgres: above 1 the service is faster. *At best* compares the best number
  of callers with the best number of clients; *one caller* a single one of each, where every call waits for its own commit.
- The service does more than Postgres for the same row: it checks the form, decides what follows, times the promises, chains
  the log, and answers over HTTP/2. Only under load it has the means to make up for it, as calls that wait share a commit.
- Service, load generator, pgbench and Postgres share the cores: each takes from the others what it needs itself.
- Complaints that callers ask for at the same time are looked up together, so with many callers a statement serves several.
- The server has `shared_buffers` of a quarter of the memory, a checkpoint every half hour or 8 GB of log, whose files it keeps
  (`min_wal_size`: making one takes as long as a thousand steps), and `track_commit_timestamp`, by which it is known when each
  step was committed. All else is Postgres' own default.
- Before a wave falls due its rows are read once, on both sides: some virtual machines take cached files from whoever has not
  used them for a minute, and then it is the disk that is measured.
- Calls *on schedule* arrive whether or not the former ones are answered, and their time counts from when they were to
  arrive. Callers wait for their answer before they call again. Percentiles are of all rounds together.
- In a picture a mark is the middle of the rounds, and the thin line through it goes from the least to the greatest.
";

impl Report<'_> {
    pub(super) fn setting(&self) -> String {
        let machine = self.machine;
        let mut text = String::new();
        let _ = writeln!(
            text,
            "{}, commit {}. {} cores ({}), {}, {}, Postgres {}. Load average before: {}, at the end: {}. {} of {} s a call.",
            machine.date,
            machine.commit,
            machine.cores,
            machine.processor,
            machine.memory,
            machine.kernel,
            self.server,
            machine.load,
            self.load_at_end,
            counted(self.plan.rounds, "round"),
            self.plan.duration.as_secs(),
        );
        if !machine.optimised {
            text.push_str(
                "\n**Built without --release: these figures say only that everything runs.**\n",
            );
        }
        text
    }
}
