//! `redress migrate`.

use super::Failure;
use crate::store::{self, DatabaseUrl};
use crate::terminal::Terminal;

pub(super) async fn run(database: DatabaseUrl, terminal: &mut Terminal) -> Result<(), Failure> {
    tokio::task::spawn_blocking(move || store::migrate(database.expose())).await??;
    terminal.line("The schema is up to date.")?;
    Ok(())
}
