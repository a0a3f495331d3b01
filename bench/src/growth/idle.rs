//! What it costs to wait: the service has nothing to do, and looks once a second whether something is due.

use std::time::Duration;

use diesel::{
    PgConnection, QueryableByName, RunQueryDsl as _, sql_query,
    sql_types::{Integer, Text},
};
use tokio::task::spawn_blocking;

use super::process::{Memory, used_by, used_by_server};
use crate::{
    book::{Library, Scale, Shelf, connect, sql_instant},
    error::BenchError,
    firing::Sweepers,
};

/// The service while nothing is due.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Idle {
    /// From the start of its process to its first line.
    pub(crate) came_up: Duration,
    /// The CPU time of the service, and of the whole server, in a second: sweeps, heartbeat, looks at activations and at
    /// whether the database is there.
    pub(crate) service_cpu: Duration,
    pub(crate) server_cpu: Duration,
    /// The claim alone, as the server times it when it finds nothing: the best of several.
    pub(crate) claim: Duration,
    pub(crate) memory: Memory,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    text: String,
}

#[derive(QueryableByName)]
struct Backend {
    #[diesel(sql_type = Integer)]
    process: i32,
}

/// How often the claim is timed.
const CLAIMS: usize = 9;

/// Watches the service on a book in the night.
pub(super) async fn watch(
    shelf: &Shelf,
    library: &Library,
    database: &str,
    scale: &Scale,
) -> Result<Idle, BenchError> {
    shelf.settle(database).await?;
    let sweepers = Sweepers::stand_by(shelf, database, library.night, 1, scale.patience).await?;
    let Some(service) = sweepers.replicas.first() else {
        return Err(BenchError::ServiceEnded(String::new()));
    };
    let (process, came_up) = (service.process(), service.came_up);
    let url = shelf.url(database);
    let (mut connection, backend) = spawn_blocking(move || {
        let mut connection = connect(&url)?;
        let backend = sql_query("select pg_backend_pid() as process");
        let backend: Backend = backend.get_result(&mut connection)?;
        Ok::<_, BenchError>((connection, u32::try_from(backend.process).unwrap_or(0)))
    })
    .await??;
    // Once what its start has brought about is over.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = (used_by(process)?, used_by_server(backend)?);
    tokio::time::sleep(scale.idle).await;
    let after = (used_by(process)?, used_by_server(backend)?);
    let memory = Memory::of(process)?;
    let night = sql_instant(library.night);
    let claim = spawn_blocking(move || claim(&mut connection, &night)).await??;
    sweepers.dismiss().await?;
    let seconds = scale.idle.as_secs_f64();
    Ok(Idle {
        came_up,
        service_cpu: after.0.saturating_sub(before.0).div_f64(seconds),
        server_cpu: after.1.saturating_sub(before.1).div_f64(seconds),
        claim,
        memory,
    })
}

/// Times the sweep's claim in its plain form.
fn claim(connection: &mut PgConnection, now: &str) -> Result<Duration, BenchError> {
    let claim = format!(
        "explain (analyze, timing off) select k.next_fire_at, c.body \
         from clock k join complaint c on c.id = k.complaint_id where k.next_fire_at < '{now}' \
         order by k.next_fire_at limit 500 for update of c skip locked"
    );
    let mut best: Option<Duration> = None;
    for _ in 0..CLAIMS {
        let lines: Vec<Line> = sql_query(&claim).load(connection)?;
        let took = lines.iter().find_map(|line| execution(&line.text));
        best = best.into_iter().chain(took).min();
    }
    Ok(best.unwrap_or_default())
}

fn execution(line: &str) -> Option<Duration> {
    let millis = line.strip_prefix("Execution Time: ")?.strip_suffix(" ms")?;
    Some(Duration::from_secs_f64(
        millis.parse::<f64>().ok()? / 1_000.0,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_claim_is_read_from_its_plan() {
        assert_eq!(
            execution("Execution Time: 0.125 ms"),
            Some(Duration::from_micros(125))
        );
        assert_eq!(execution("Planning Time: 0.125 ms"), None);
    }
}
