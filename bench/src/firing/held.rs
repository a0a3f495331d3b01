//! Somebody who holds an old snapshot: a forgotten transaction, or a long report. What is updated meanwhile leaves dead rows
//! and index entries behind that nobody may clear away.

use diesel::{PgConnection, connection::SimpleConnection as _};
use tokio::task::spawn_blocking;

use crate::{
    book::{Shelf, connect},
    error::BenchError,
};

/// Holds a snapshot of one database until it is dropped.
pub(super) struct HeldSnapshot {
    _connection: PgConnection,
}

impl HeldSnapshot {
    pub(super) async fn of(shelf: &Shelf, database: &str) -> Result<HeldSnapshot, BenchError> {
        let url = shelf.url(database);
        spawn_blocking(move || {
            let mut connection = connect(&url)?;
            // The private server would end such a session after a minute.
            connection.batch_execute(
                "set idle_in_transaction_session_timeout = 0; \
                 begin isolation level repeatable read, read only; \
                 select count(*) from rule_text",
            )?;
            Ok(HeldSnapshot {
                _connection: connection,
            })
        })
        .await?
    }
}
