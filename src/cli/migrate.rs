//! `redress migrate`.

use super::Failure;
use crate::store;
use crate::terminal::Terminal;

pub(super) async fn run(database_url: String, terminal: &mut Terminal) -> Result<(), Failure> {
    tokio::task::spawn_blocking(move || store::migrate(&database_url)).await??;
    terminal.line("The schema is up to date.")?;
    Ok(())
}
