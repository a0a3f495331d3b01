//! Everything that a run needs: a private Postgres with two databases of one schema, the service on one of them, pgbench
//! on the other, both with the same stock of complaints.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
};

use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, connection::SimpleConnection as _, dsl::sql,
    sql_types::Text,
};
use indicatif::ProgressBar;
use redress::{
    client::Client,
    embedded::{Durability, PrivatePostgres, Settings},
    store,
};
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::{
    book::settings,
    error::BenchError,
    load::{Stock, connect, file_all},
    machine::ensure_on_disk,
    pgbench::{self, Filed, Pgbench, shape},
    plan::Plan,
    service::Service,
};

/// The database of the service, and that of pgbench.
const OURS: &str = "service";
const PLAIN: &str = "plain";

/// What the measurements are made on.
#[derive(Debug)]
pub(crate) struct Stage {
    // Fields drop in this order: the service before its database, and that before its folder.
    service: Service,
    pub(crate) clients: Vec<Client>,
    pub(crate) stock: Arc<Stock>,
    pub(crate) pgbench: Pgbench,
    postgres: PrivatePostgres,
    _folder: TempDir,
}

impl Stage {
    /// Sets everything up and files the stock.
    pub(crate) async fn set(
        parent: &Path,
        plan: &Plan,
        bar: &ProgressBar,
    ) -> Result<Stage, BenchError> {
        bar.set_message("starting Postgres and the service");
        let parent = parent.to_owned();
        let (folder, postgres, service) = spawn_blocking(move || start(&parent)).await??;
        // Before anything takes long.
        let program = pgbench::find(postgres.version())?;

        bar.set_message("filing complaints to begin with");
        let callers = plan.callers.iter().copied().max().unwrap_or(1);
        let clients = connect(&service.address, callers).await?;
        let mut stock = Arc::new(Stock::default());
        let filed = file_all(&clients, callers.min(16), plan.stock, &stock).await?;
        if let Some(stock) = Arc::get_mut(&mut stock) {
            stock.keep_for_reading();
        }
        let first = stock.only_read.first().and_then(|name| id_of(name));
        let Some(id) = first.filter(|_| stock.only_read.len() == plan.stock) else {
            return Err(BenchError::NotFiled(filed.failures()));
        };

        let url = postgres.url(OURS);
        let example = spawn_blocking(move || {
            let mut connection = PgConnection::establish(&url)?;
            Filed::read(&mut connection, id)
        })
        .await??;
        let pgbench = Pgbench::prepare(
            program,
            postgres.url(PLAIN),
            folder.path().to_owned(),
            example,
            plan.stock,
        )
        .await?;
        let stage = Stage {
            service,
            clients,
            stock,
            pgbench,
            postgres,
            _folder: folder,
        };
        stage.compare_rows(id).await?;
        stage.on_both("vacuum analyze").await?;
        Ok(stage)
    }

    /// Makes sure that a complaint of pgbench is made of the same rows as one of the service.
    async fn compare_rows(&self, id: Uuid) -> Result<(), BenchError> {
        let (ours, plain) = (self.postgres.url(OURS), self.postgres.url(PLAIN));
        let other = self.pgbench.first_of_stock().unwrap_or_default();
        let (service, pgbench) = spawn_blocking(move || {
            let service = shape(&mut PgConnection::establish(&ours)?, id)?;
            let pgbench = shape(&mut PgConnection::establish(&plain)?, other)?;
            Ok::<_, BenchError>((service, pgbench))
        })
        .await??;
        if service == pgbench {
            Ok(())
        } else {
            Err(BenchError::OtherRows { service, pgbench })
        }
    }

    /// Writes out what the measurement before has left behind, so that the next one does not pay for it.
    pub(crate) async fn settle(&self) -> Result<(), BenchError> {
        self.on_both("checkpoint").await
    }

    async fn on_both(&self, statement: &'static str) -> Result<(), BenchError> {
        let urls = [OURS, PLAIN].map(|database| self.postgres.url(database));
        execute(statement, urls).await
    }

    /// Such as `17.5`.
    pub(crate) fn server_version(&self) -> &str {
        self.postgres.version()
    }

    /// Takes everything down, in order.
    pub(crate) async fn strike(self) -> Result<(), BenchError> {
        spawn_blocking(move || {
            self.service.stop()?;
            Ok(self.postgres.stop()?)
        })
        .await?
    }
}

/// Has a statement executed on each of these databases.
pub(crate) async fn execute(statement: &'static str, urls: [String; 2]) -> Result<(), BenchError> {
    spawn_blocking(move || {
        for url in urls {
            PgConnection::establish(&url)?.batch_execute(statement)?;
        }
        Ok(())
    })
    .await?
}

/// Postgres and the service on it, in a new folder. Blocks.
fn start(parent: &Path) -> Result<(TempDir, PrivatePostgres, Service), BenchError> {
    let (folder, postgres) = postgres(parent, &[OURS, PLAIN])?;
    let service = Service::start(&postgres.url(OURS), folder.path())?;
    Ok((folder, postgres, service))
}

/// Postgres with these databases, in a new folder. Blocks.
pub(crate) fn postgres(
    parent: &Path,
    databases: &[&str],
) -> Result<(TempDir, PrivatePostgres), BenchError> {
    ensure_on_disk(parent)?;
    let folder = tempfile::Builder::new()
        .prefix("redress-bench-")
        .tempdir_in(parent)
        .map_err(|source| BenchError::io("make a folder in", parent, source))?;
    // The server may run under another account, which must pass through.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))
        .map_err(|source| BenchError::io("open up", folder.path(), source))?;
    let postgres = PrivatePostgres::start(&Settings {
        data_dir: folder.path().join("postgres"),
        durability: Durability::Full,
        extra: settings(),
    })?;
    for database in databases {
        postgres.create_database_if_missing(database)?;
        store::migrate(&postgres.url(database))?;
        ensure_durable(&mut PgConnection::establish(&postgres.url(database))?)?;
    }
    Ok((folder, postgres))
}

/// Refuses a server that might lose a commit.
fn ensure_durable(connection: &mut PgConnection) -> Result<(), BenchError> {
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value: String = diesel::select(sql::<Text>(&format!("current_setting('{setting}')")))
            .get_result(connection)?;
        if value != "on" {
            return Err(BenchError::NotDurable { setting, value });
        }
    }
    Ok(())
}

/// The id in `complaints/{id}`.
fn id_of(name: &str) -> Option<Uuid> {
    Uuid::try_parse(name.strip_prefix("complaints/")?).ok()
}
