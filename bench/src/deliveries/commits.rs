//! When events and notices were committed: the server notes that for every transaction.

use std::{collections::HashMap, time::Duration};

use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{error::BenchError, load::Tally};

/// The complaint and the number of an event.
pub(super) type Key = (Uuid, i64);

/// Where the log of a database stood.
#[derive(Debug, Clone)]
pub(super) struct Mark(String);

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = Text)]
    position: String,
}

#[derive(QueryableByName)]
struct EventCommit {
    #[diesel(sql_type = SqlUuid)]
    complaint: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

#[derive(QueryableByName)]
struct NoticeCommit {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = BigInt)]
    at: i64,
}

impl Mark {
    /// Of now: whatever is written from here on comes later.
    pub(super) async fn now(url: String) -> Result<Mark, BenchError> {
        spawn_blocking(move || {
            let position: Position =
                sql_query("select pg_snapshot_xmax(pg_current_snapshot())::text as position")
                    .get_result(&mut PgConnection::establish(&url)?)?;
            Ok(Mark(position.position))
        })
        .await?
    }

    /// The events that were committed since, those of this kind or, where it is empty, all.
    pub(super) async fn events(
        &self,
        url: String,
        kind: &'static str,
    ) -> Result<HashMap<Key, Timestamp>, BenchError> {
        let mark = self.0.clone();
        spawn_blocking(move || {
            let query = "select complaint_id as complaint, sequence, \
                         (extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint as at \
                         from event where xid >= $1::text::xid8 and ($2 = '' or kind = $2)";
            let found: Vec<EventCommit> = sql_query(query)
                .bind::<Text, _>(mark)
                .bind::<Text, _>(kind)
                .load(&mut PgConnection::establish(&url)?)?;
            let found = found.into_iter();
            Ok(found
                .map(|event| ((event.complaint, event.sequence), instant(event.at)))
                .collect())
        })
        .await?
    }

    /// The notices that were committed since, by the name that their mail has.
    pub(super) async fn notices(
        &self,
        url: String,
    ) -> Result<HashMap<String, Timestamp>, BenchError> {
        let mark = self.0.clone();
        spawn_blocking(move || {
            let query = "select lower(c.tracking_number) || '-' || n.sequence as id, \
                         (extract(epoch from pg_xact_commit_timestamp(e.xmin)) * 1000000)::bigint as at \
                         from event e join notice n using (complaint_id, sequence) \
                         join complaint c on c.id = n.complaint_id where e.xid >= $1::text::xid8";
            let found: Vec<NoticeCommit> = sql_query(query)
                .bind::<Text, _>(mark)
                .load(&mut PgConnection::establish(&url)?)?;
            let found = found.into_iter();
            Ok(found
                .map(|notice| (notice.id, instant(notice.at)))
                .collect())
        })
        .await?
    }
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}

/// How long each took from its commit to its arrival, and how many have not arrived.
pub(super) fn lags<K: Eq + std::hash::Hash>(
    committed: &HashMap<K, Timestamp>,
    arrived: &HashMap<K, Timestamp>,
) -> (Tally, usize) {
    let (mut lags, mut missing) = (Tally::new(), 0);
    for (key, at) in committed {
        match arrived.get(key) {
            // The server reads the time a moment after it has committed.
            Some(arrived) => {
                let lag = Duration::try_from(arrived.duration_since(*at)).unwrap_or_default();
                lags.record(lag, &Ok(()));
            }
            None => missing += 1,
        }
    }
    (lags, missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_arrived_is_counted_and_has_no_lag() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let committed = HashMap::from([(1, at(10)), (2, at(10)), (3, at(10))]);
        let arrived = HashMap::from([(1, at(12)), (2, at(9)), (4, at(9))]);
        let (lags, missing) = lags(&committed, &arrived);
        assert_eq!((lags.calls(), missing), (2, 1));
        assert_eq!(lags.quantile(1.0).as_millis() / 10, 200);
    }
}
