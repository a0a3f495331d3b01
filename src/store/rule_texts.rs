//! The texts that decisions rest on, as they are stored: every version of a policy, a calendar or a brand that was ever in use.

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, PgConnection, QueryDsl as _, RunQueryDsl as _,
    sql_types::{Nullable, Text, Timestamptz},
};
use jiff::Timestamp;

use super::{Store, StoreError, Transaction, rows, schema};
use crate::{brand::Brand, calendar::Calendar};

/// A text that decisions rest on, as it was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    /// Its name.
    pub name: String,
    /// The digest of the text.
    pub version: String,
    /// The text.
    pub body: String,
}

/// What a text is of. A name is of one text in each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    Policy,
    Calendar,
    Brand,
}

/// Why a text is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredFor {
    /// It was loaded, with the others that are in use.
    Use,
    /// It was activated: which texts were loaded last, together, stays as it is.
    Activation,
}

type Row = (String, String, String);

impl TextKind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            TextKind::Policy => "policy",
            TextKind::Calendar => "calendar",
            TextKind::Brand => "brand",
        }
    }
}

impl StoredText {
    /// What is stored of a brand.
    #[must_use]
    pub fn of_brand(brand: &Brand) -> Self {
        StoredText {
            name: brand.name().to_owned(),
            version: brand.version().to_owned(),
            body: brand.text.clone(),
        }
    }

    /// What is stored of a calendar.
    #[must_use]
    pub fn of_calendar(calendar: &Calendar) -> Self {
        StoredText {
            name: calendar.name().to_owned(),
            version: calendar.version().to_owned(),
            body: calendar.text().to_owned(),
        }
    }

    pub(super) fn of_row((name, version, body): Row) -> Self {
        StoredText {
            name,
            version,
            body,
        }
    }
}

impl Store {
    /// Stores these brands for good, and notes that they are in use now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep_brands(&self, brands: &[StoredText], now: Timestamp) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            brands.iter().try_for_each(|brand| {
                let connection = &mut *transaction.connection;
                keep(TextKind::Brand, brand, StoredFor::Use, now, connection)
            })
        })
    }

    /// Every brand that was ever in use, in the order of their last use.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_brands(&self) -> Result<Vec<StoredText>, StoreError> {
        self.ask(|connection| kept(TextKind::Brand, connection))
    }

    /// Every calendar that was ever in use, in the order of their last use.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_calendars(&self) -> Result<Vec<StoredText>, StoreError> {
        self.ask(|connection| kept(TextKind::Calendar, connection))
    }
}

impl Transaction<'_> {
    /// The version of a brand that some process of this service used last.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_brand(&mut self, name: &str) -> Result<Option<StoredText>, StoreError> {
        use schema::rule_text::dsl;
        let found: Option<Row> = dsl::rule_text
            .filter(dsl::kind.eq(TextKind::Brand.as_str()))
            .filter(dsl::name.eq(name))
            .order(dsl::loaded_at.desc())
            .select((dsl::name, dsl::version, dsl::body))
            .first(self.connection)
            .optional()?;
        Ok(found.map(StoredText::of_row))
    }
}

fn kept(kind: TextKind, connection: &mut PgConnection) -> Result<Vec<StoredText>, StoreError> {
    use schema::rule_text::dsl;
    let found: Vec<Row> = dsl::rule_text
        .filter(dsl::kind.eq(kind.as_str()))
        .order((dsl::loaded_at, dsl::name, dsl::version))
        .select((dsl::name, dsl::version, dsl::body))
        .load(connection)?;
    Ok(found.into_iter().map(StoredText::of_row).collect())
}

/// Stores a calendar or a brand; where it is stored already, notes that it was loaded again.
pub(super) fn keep(
    kind: TextKind,
    text: &StoredText,
    why: StoredFor,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    keep_with(kind, text, None, why, now, connection)
}

/// As [`keep`]; of a policy with the versions of its calendars, as JSON.
pub(super) fn keep_with(
    kind: TextKind,
    text: &StoredText,
    calendars: Option<String>,
    why: StoredFor,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let loaded_again = match why {
        StoredFor::Use => "loaded_at = excluded.loaded_at, ",
        StoredFor::Activation => "",
    };
    diesel::sql_query(format!(
        "/* rule_text.keep */ insert into rule_text (kind, name, version, loaded_at, body, calendars) \
         values ($1, $2, $3, $4, $5, $6::json) \
         on conflict (kind, name, version) do update set {loaded_again}calendars = excluded.calendars",
    ))
    .bind::<Text, _>(kind.as_str())
    .bind::<Text, _>(&text.name)
    .bind::<Text, _>(&text.version)
    .bind::<Timestamptz, _>(rows::bind(now))
    .bind::<Text, _>(&text.body)
    .bind::<Nullable<Text>, _>(calendars)
    .execute(connection)?;
    Ok(())
}
