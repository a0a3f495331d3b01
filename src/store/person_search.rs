//! The complaints of a person, whether the data are on record now or were before a correction. What was corrected has no keys, so the
//! customers of all complaints are read, a page at a time.

use diesel::{
    QueryableByName, RunQueryDsl as _,
    sql_types::{BigInt, Bool, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::{Reader, StoreError};
use crate::access::Scope;

/// How many complaints one statement looks at: some ten milliseconds.
const PAGE: i64 = 1_000;

/// By what a person is looked for, in the form in which it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonKey {
    /// Whatever its case.
    Email(String),
    /// In E.164 form.
    Phone(String),
    /// To the letter.
    AccountNumber(String),
}

/// What a page of a search has found.
#[derive(Debug, Default)]
pub struct PersonPage {
    /// The complaints of the person, in the order of their filing.
    pub found: Vec<Uuid>,
    /// How many of the scope were looked at.
    pub searched: usize,
    /// The last that was looked at, within the scope or not; `None`: there are no more.
    pub last: Option<Uuid>,
}

#[derive(Debug, QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    brand: String,
    #[diesel(sql_type = Nullable<Text>)]
    assignee: Option<String>,
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// The customer as filed and after each correction: whoever was misspelt is found by either spelling.
const SEARCH: &str = "/* person.search */ select page.id, page.brand, page.assignee, exists (select from personal p \
     where p.complaint_id = page.id and p.sequence = any(array( \
     select 1::bigint union all select e.sequence from event e \
     where e.complaint_id = page.id and e.kind = 'customer_corrected')) \
     and (lower(p.body -> 'customer' ->> 'email') = lower($2) \
     or p.body -> 'customer' ->> 'phone' = $3 \
     or p.body -> 'customer' ->> 'account_number' = $4)) as found \
     from (select c.id, c.brand, c.assignee from complaint c where c.id > $1 order by c.id limit $5) page order by page.id";

impl Reader {
    /// Looks through the complaints of a scope that were filed after this one; `None`: from the first.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn search_person(
        &self,
        key: PersonKey,
        after: Option<Uuid>,
        scope: &Scope,
    ) -> Result<PersonPage, StoreError> {
        let rows = self.read(move |connection| {
            let (mut email, mut phone, mut account_number) = (None, None, None);
            match &key {
                PersonKey::Email(it) => email = Some(it),
                PersonKey::Phone(it) => phone = Some(it),
                PersonKey::AccountNumber(it) => account_number = Some(it),
            }
            let rows: Vec<Row> = diesel::sql_query(SEARCH)
                .bind::<SqlUuid, _>(after.unwrap_or(Uuid::nil()))
                .bind::<Nullable<Text>, _>(email)
                .bind::<Nullable<Text>, _>(phone)
                .bind::<Nullable<Text>, _>(account_number)
                .bind::<BigInt, _>(PAGE)
                .load(connection)?;
            Ok(rows)
        });
        let rows = rows.await?;
        let full = i64::try_from(rows.len()) == Ok(PAGE);
        let last = rows.last().filter(|_| full).map(|row| row.id);
        let within = |row: &Row| scope.includes(&row.brand, row.assignee.as_deref());
        let seen: Vec<Row> = rows.into_iter().filter(within).collect();
        let found = seen.iter().filter(|row| row.found).map(|row| row.id);
        Ok(PersonPage {
            found: found.collect(),
            searched: seen.len(),
            last,
        })
    }
}
