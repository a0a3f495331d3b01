//! Policies as they are kept: with the texts of the calendars that they were loaded with. The version of a policy stands for
//! all of them, so it is read again with these calendars, whatever the present ones say.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, PgConnection, QueryDsl as _, RunQueryDsl as _,
    data_types::PgTimestamp,
    dsl::sql,
    expression::SqlLiteral,
    sql_types::{Bool, Nullable, Text},
};
use jiff::Timestamp;

use super::{
    StoreError, StoredText, Transaction, rows,
    rule_texts::{self, StoredFor, TextKind},
    schema,
};
use crate::{
    calendar::{Calendar, CalendarBook, CalendarError, Zones},
    policy::{Policy, PolicyError, PolicyRef},
};

/// A version of a policy, with everything that it was loaded from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// Its name.
    pub name: String,
    /// The digest of its text and its calendars.
    pub version: String,
    /// The text.
    pub body: String,
    /// The calendars that it was loaded with.
    pub calendars: Vec<StoredText>,
}

/// Why a policy that was kept cannot be used any more.
#[derive(Debug, thiserror::Error)]
pub enum KeptPolicyError {
    /// This program does not take its text.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// This program does not take the text of one of its calendars.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// What was kept of it makes another version.
    #[error(
        "{kept} is stored without the calendars that it was loaded with; with the present ones it would be version {read}"
    )]
    OtherVersion {
        /// What was kept.
        kept: PolicyRef,
        /// What came of it.
        read: String,
    },
}

impl StoredPolicy {
    /// What is kept of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let calendars = policy.code.calendars().into_values();
        let calendars = calendars.map(|calendar| StoredText::of_calendar(calendar));
        StoredPolicy {
            name: policy.name().to_owned(),
            version: policy.version().to_owned(),
            body: policy.text.clone(),
            calendars: calendars.collect(),
        }
    }

    /// What complaints name it by.
    #[must_use]
    pub fn reference(&self) -> PolicyRef {
        PolicyRef {
            name: self.name.clone(),
            version: self.version.clone(),
        }
    }

    /// Reads it again, in its own calendars; `present` are those that a policy counts in of which none were kept. The zones
    /// of `present` are those of `zones`.
    ///
    /// # Errors
    /// When this program cannot read it as that version.
    pub fn read(&self, present: &CalendarBook, zones: &Zones) -> Result<Policy, KeptPolicyError> {
        let mut calendars = present.clone();
        for text in &self.calendars {
            let known = calendars.get(&text.name);
            if known.is_none_or(|known| known.version() != text.version) {
                let file = format!("{}@{}", text.name, text.version);
                calendars.insert(Calendar::parse_in(&file, &text.body, zones)?);
            }
        }
        let policy = Policy::parse_kept(&self.reference().to_string(), &self.body, &calendars)?;
        if policy.version() != self.version {
            return Err(KeptPolicyError::OtherVersion {
                kept: self.reference(),
                read: policy.version().to_owned(),
            });
        }
        Ok(policy)
    }
}

impl Transaction<'_> {
    /// A policy that some process of this service has kept.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_policy(&mut self, key: &PolicyRef) -> Result<Option<StoredPolicy>, StoreError> {
        use schema::rule_text::dsl;
        let found: Option<Row> = dsl::rule_text
            .find((TextKind::Policy.as_str(), &key.name, &key.version))
            .select(columns())
            .first(self.connection)
            .optional()?;
        let found = with_calendars(found.into_iter().collect(), self.connection)?;
        Ok(found.into_iter().next())
    }
}

/// Name, version, text, and the calendars by name with their versions as JSON.
pub(super) type Row = (String, String, String, Option<String>);

type Columns = (
    schema::rule_text::name,
    schema::rule_text::version,
    schema::rule_text::body,
    SqlLiteral<Nullable<Text>>,
);

/// Those of a [`Row`].
pub(super) fn columns() -> Columns {
    use schema::rule_text::{body, name, version};
    (name, version, body, sql("rule_text.calendars::text"))
}

pub(super) fn policies(connection: &mut PgConnection) -> Result<Vec<StoredPolicy>, StoreError> {
    use schema::rule_text::dsl;
    let found: Vec<Row> = dsl::rule_text
        .filter(dsl::kind.eq(TextKind::Policy.as_str()))
        .order((dsl::loaded_at, dsl::name, dsl::version))
        .select(columns())
        .load(connection)?;
    with_calendars(found, connection)
}

/// The versions of this name that were loaded last, together: those whose periods follow one another. What came by an
/// activation alone was never loaded with them, and is kept as of that instant.
pub(super) fn last_loaded(
    name: &str,
    connection: &mut PgConnection,
) -> Result<Vec<StoredPolicy>, StoreError> {
    use schema::rule_text::dsl;
    let loaded = || {
        sql::<Bool>(
            "loaded_at < 'infinity' and not exists (select from activation where activation.kind = rule_text.kind \
             and activation.name = rule_text.name and activation.version = rule_text.version \
             and activation.at = rule_text.loaded_at)",
        )
    };
    let of_name = || {
        let policies = dsl::rule_text.filter(dsl::kind.eq(TextKind::Policy.as_str()));
        policies.filter(dsl::name.eq(name)).filter(loaded())
    };
    let last: Option<PgTimestamp> = of_name()
        .select(dsl::loaded_at)
        .order(dsl::loaded_at.desc())
        .first(connection)
        .optional()?;
    let Some(last) = last else {
        return Ok(Vec::new());
    };
    let found: Vec<Row> = of_name()
        .filter(dsl::loaded_at.eq(last))
        .order(dsl::version)
        .select(columns())
        .load(connection)?;
    with_calendars(found, connection)
}

/// Adds the texts of the calendars.
pub(super) fn with_calendars(
    found: Vec<Row>,
    connection: &mut PgConnection,
) -> Result<Vec<StoredPolicy>, StoreError> {
    use schema::rule_text::dsl;
    let versions = found.iter().map(|(name, version, _, calendars)| {
        let read = calendars.as_deref().map_or(Ok(BTreeMap::new()), |text| {
            rows::read_json("calendars of a policy", text)
        });
        // Without them it is not read as this version, which then is as good as not kept; the others are.
        read.unwrap_or_else(|error| {
            tracing::error!(name, version, %error, "failed to read the calendars with which a policy was stored; complaints under this version can be neither changed nor fired");
            BTreeMap::new()
        })
    });
    let versions: Vec<BTreeMap<String, String>> = versions.collect();
    let wanted = versions.iter().flat_map(BTreeMap::values);
    // Postgres takes no NUL in a text: damage that looks like a version asks for nothing.
    let wanted: BTreeSet<&String> = wanted.filter(|version| !version.contains('\0')).collect();
    let texts: Vec<(String, String, String)> = dsl::rule_text
        .filter(dsl::kind.eq(TextKind::Calendar.as_str()))
        .filter(dsl::version.eq_any(wanted))
        .select((dsl::name, dsl::version, dsl::body))
        .load(connection)?;
    let policies = found.into_iter().zip(versions);
    let policies = policies.map(|((name, version, body, _), versions)| {
        let own = texts
            .iter()
            .filter(|(name, version, _)| versions.get(name) == Some(version));
        let calendars = own.map(|(name, version, body)| StoredText {
            name: name.clone(),
            version: version.clone(),
            body: body.clone(),
        });
        StoredPolicy {
            name,
            version,
            body,
            calendars: calendars.collect(),
        }
    });
    Ok(policies.collect())
}

/// Stores a policy and its calendars; where they are stored already, notes that they were loaded again.
pub(super) fn keep_policy(
    policy: &StoredPolicy,
    why: StoredFor,
    now: Timestamp,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    for calendar in &policy.calendars {
        rule_texts::keep(TextKind::Calendar, calendar, why, now, connection)?;
    }
    let calendars = policy.calendars.iter();
    let versions: BTreeMap<&String, &String> =
        calendars.map(|text| (&text.name, &text.version)).collect();
    let versions = rows::write_json("calendars of a policy", &versions)?;
    let text = StoredText {
        name: policy.name.clone(),
        version: policy.version.clone(),
        body: policy.body.clone(),
    };
    rule_texts::keep_with(
        TextKind::Policy,
        &text,
        Some(versions),
        why,
        now,
        connection,
    )
}
