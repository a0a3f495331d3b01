//! What became of a wave, from when each of its steps was committed: the server notes that for every transaction.

use std::time::Duration;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Text},
};
use jiff::SignedDuration;

use crate::{
    book::{Wave, sql_instant},
    error::BenchError,
    report::Lag,
};

/// A wave that was fired, every step of it once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fired {
    pub(crate) steps: u64,
    /// In how many transactions.
    pub(crate) commits: u64,
    /// The steps that were committed after the first commit, by the time from there to the last one. So what came before
    /// the first commit, such as waking up or connecting, counts on neither side. 0 where all was one commit.
    pub(crate) per_second: f64,
    /// `None` of plain SQL, which is started by hand and waits for no due time.
    pub(crate) lag: Option<Lag>,
}

impl Fired {
    /// Whether it took time, in more than one transaction.
    pub(crate) fn has_rate(&self) -> bool {
        self.per_second > 0.0 && self.per_second.is_finite()
    }
}

/// Where the log of a database stood.
#[derive(Debug, Clone)]
pub(super) struct Mark(String);

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = Text)]
    position: String,
}

impl Mark {
    /// Of now: whatever is written from here on comes later.
    pub(super) fn now(connection: &mut PgConnection) -> Result<Mark, BenchError> {
        let position: Position =
            sql_query("select pg_snapshot_xmax(pg_current_snapshot())::text as position")
                .get_result(connection)?;
        Ok(Mark(position.position))
    }
}

/// Instants are microseconds of the server's time.
#[derive(Debug, Clone, QueryableByName)]
struct Written {
    #[diesel(sql_type = BigInt)]
    steps: i64,
    #[diesel(sql_type = BigInt)]
    distinct_steps: i64,
    #[diesel(sql_type = BigInt)]
    strays: i64,
    #[diesel(sql_type = BigInt)]
    commits: i64,
    #[diesel(sql_type = BigInt)]
    after_first: i64,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    last: i64,
    #[diesel(sql_type = BigInt)]
    p50: i64,
    #[diesel(sql_type = BigInt)]
    p99: i64,
    #[diesel(sql_type = BigInt)]
    max: i64,
}

/// By the index on the transaction, so that only what was written since the mark is read.
const WRITTEN: &str = "\
with step as materialized ( \
  select (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint as at, \
         (extract(epoch from step_due_at) * 1000000)::bigint as due, \
         step_due_at between $2::timestamptz and $3::timestamptz as wanted, \
         complaint_id, clock, cycle, step, repetition \
  from event where xid >= $1::text::xid8 and clock is not null), \
late as (select *, at + $4 - due as lag, at > min(at) over () as later from step) \
select count(*) as steps, \
       count(distinct (complaint_id, clock, cycle, step, repetition)) as distinct_steps, \
       count(*) filter (where not wanted) as strays, \
       count(distinct at) as commits, \
       count(*) filter (where later) as after_first, \
       coalesce(min(at), 0) as first, coalesce(max(at), 0) as last, \
       coalesce(percentile_disc(0.5) within group (order by lag), 0) as p50, \
       coalesce(percentile_disc(0.99) within group (order by lag), 0) as p99, \
       coalesce(max(lag), 0) as max \
from late";

/// Reads what was written of a wave since the mark, and makes sure that it is all of the wave, each step once, and nothing
/// else. `ahead` is by how much the time of who fired it was ahead of the server's.
pub(super) fn read(
    connection: &mut PgConnection,
    mark: &Mark,
    wave: &Wave,
    ahead: Option<SignedDuration>,
) -> Result<Fired, BenchError> {
    let shift = ahead.map_or(0, |ahead| i64::try_from(ahead.as_micros()).unwrap_or(0));
    let written: Written = sql_query(WRITTEN)
        .bind::<Text, _>(&mark.0)
        .bind::<Text, _>(sql_instant(wave.first))
        .bind::<Text, _>(sql_instant(wave.last))
        .bind::<BigInt, _>(shift)
        .get_result(connection)?;
    written.judge(wave, ahead.is_some())
}

impl Written {
    fn judge(&self, wave: &Wave, timed: bool) -> Result<Fired, BenchError> {
        let (fired, distinct, strays) = (
            unsigned(self.steps),
            unsigned(self.distinct_steps),
            unsigned(self.strays),
        );
        if fired != wave.steps || distinct != wave.steps || strays != 0 {
            return Err(BenchError::FiredOtherwise {
                wave: wave.first,
                due: wave.steps,
                fired,
                distinct,
                strays,
            });
        }
        let took = micros(self.last - self.first);
        Ok(Fired {
            steps: fired,
            commits: unsigned(self.commits),
            per_second: if took.is_zero() {
                0.0
            } else {
                self.after_first as f64 / took.as_secs_f64()
            },
            lag: timed.then(|| Lag {
                p50: micros(self.p50),
                p99: micros(self.p99),
                greatest: micros(self.max),
            }),
        })
    }
}

fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

fn micros(count: i64) -> Duration {
    Duration::from_micros(unsigned(count))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    const WAVE: Wave = Wave {
        first: Timestamp::UNIX_EPOCH,
        last: Timestamp::UNIX_EPOCH,
        steps: 1_000,
        example: Uuid::nil(),
    };

    fn written() -> Written {
        Written {
            steps: 1_000,
            distinct_steps: 1_000,
            strays: 0,
            commits: 2,
            after_first: 500,
            first: 1_000_000,
            last: 1_250_000,
            p50: 10_000,
            p99: 260_000,
            max: 260_000,
        }
    }

    #[test]
    fn the_rate_is_that_from_the_first_commit_to_the_last() {
        let fired = written().judge(&WAVE, true).unwrap();
        assert_eq!((fired.steps, fired.per_second), (1_000, 2_000.0));
        assert_eq!(fired.lag.unwrap().p50, Duration::from_millis(10));
        let at_once = Written {
            after_first: 0,
            first: 7,
            last: 7,
            ..written()
        };
        assert_eq!(at_once.judge(&WAVE, false).unwrap().per_second, 0.0);
    }

    #[test]
    fn a_wave_that_is_not_fired_whole_and_once_is_no_measurement() {
        for bad in [
            Written {
                steps: 999,
                distinct_steps: 999,
                ..written()
            },
            Written {
                steps: 1_001,
                ..written()
            },
            Written {
                distinct_steps: 999,
                ..written()
            },
            Written {
                strays: 1,
                ..written()
            },
        ] {
            let refused = bad.judge(&WAVE, true);
            assert!(
                matches!(refused, Err(BenchError::FiredOtherwise { .. })),
                "{bad:?}"
            );
        }
    }
}
