//! How far each migration of complaints has come, and how it ended: kept, so that whoever no longer follows one can look it
//! up.

use diesel::{
    QueryableByName, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Reader, StoreError, Transaction, rows};
use crate::policy::PolicyRef;

/// A migration of the open complaints of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Migration {
    /// Its name in the API. It says nothing of which migration began first.
    pub id: Uuid,
    /// To which version the complaints are moved. Another one as soon as that is in force; then the counts start over.
    pub policy: PolicyRef,
    /// To which versions of the codes beside it.
    pub additional_policies: Vec<PolicyRef>,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When the counts were last brought up to date.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many were open when it began, and those filed since that were looked at as well: never fewer than `seen`.
    pub total: u64,
    /// How many were looked at.
    pub seen: u64,
    /// How many of them were moved.
    pub moved: u64,
    /// How many were there already, or were closed meanwhile.
    pub unchanged: u64,
    /// How many could not be moved. They keep their version.
    pub failed: u64,
    /// The first of those.
    pub failures: Vec<MigrationFailure>,
    /// Whether it goes on.
    pub state: MigrationState,
}

/// Whether a migration goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MigrationState {
    /// It does.
    Running,
    /// Every complaint was looked at.
    Done,
    /// It ended early, and why. What it has moved stays moved.
    Interrupted(String),
}

/// A complaint that could not be moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrationFailure {
    /// What the customer quotes.
    pub tracking_number: String,
    /// Why not.
    pub reason: String,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    body: String,
    #[diesel(sql_type = Bool)]
    held: bool,
}

impl Row {
    /// A migration whose lock nobody holds any more was broken off without a word, however it ended.
    fn read(self) -> Result<Migration, StoreError> {
        let mut migration: Migration = rows::read_json("migration", &self.body)?;
        if migration.state == MigrationState::Running && !self.held {
            let why = "the process that ran it ended".to_owned();
            migration.state = MigrationState::Interrupted(why);
        }
        Ok(migration)
    }
}

/// Whoever runs a migration holds its policy's lock (`migration_queries.rs`), and only the last one of a policy can run.
const SELECT: &str = "/* migration.read */ select m.body::text as body, \
    not exists (select from migration n where n.policy = m.policy and n.number > m.number) and exists (select from pg_locks l \
    where l.locktype = 'advisory' and l.classid = 7233736 and l.objsubid = 2 and l.granted \
    and l.objid = (hashtext(m.policy)::bigint & 4294967295)::oid \
    and l.database = (select oid from pg_database where datname = current_database())) as held from migration m";

impl Transaction<'_> {
    /// Notes how far a migration has come.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record_migration(&mut self, migration: &Migration) -> Result<(), StoreError> {
        let body = rows::write_json("migration", migration)?;
        diesel::sql_query(
            "/* migration.write */ insert into migration (id, policy, body) values ($1, $2, $3::json) \
             on conflict (id) do update set body = excluded.body",
        )
        .bind::<SqlUuid, _>(migration.id)
        .bind::<Text, _>(&migration.policy.name)
        .bind::<Text, _>(body)
        .execute(self.connection)?;
        Ok(())
    }
}

impl Reader {
    /// A migration; `None`: there is none of this id.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn migration(&self, id: Uuid) -> Result<Option<Migration>, StoreError> {
        self.read(move |connection| {
            let found: Vec<Row> = diesel::sql_query(format!("{SELECT} where m.id = $1"))
                .bind::<SqlUuid, _>(id)
                .load(connection)?;
            found.into_iter().next().map(Row::read).transpose()
        })
        .await
    }

    /// At most `limit` migrations of a policy, or of all, that began before the one of the id `before`, the latest first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn migrations(
        &self,
        policy: Option<String>,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Migration>, StoreError> {
        self.read(move |connection| {
            let found: Vec<Row> = diesel::sql_query(format!(
                "{SELECT} where ($1 is null or m.policy = $1) \
                 and ($2 is null or m.number < (select number from migration where id = $2)) order by m.number desc limit $3"
            ))
            .bind::<Nullable<Text>, _>(&policy)
            .bind::<Nullable<SqlUuid>, _>(before)
            .bind::<BigInt, _>(limit)
            .load(connection)?;
            found.into_iter().map(Row::read).collect()
        })
        .await
    }
}
