//! Versions of policies and brands that were put into use while the service ran, in that order.

use std::fmt;

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    PgConnection, QueryDsl as _, RunQueryDsl as _, data_types::PgTimestamp, dsl::max,
};
use jiff::Timestamp;

use super::{
    Reader, Store, StoreError, StoredText, Transaction,
    policy_versions::{self, StoredPolicy},
    rows,
    rule_texts::{self, StoredFor, TextKind},
    schema,
};
use crate::{brand::BrandRef, policy::PolicyRef};

/// That a version is in use from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// From 1, without a gap. A replica that has learnt one has learnt all before it.
    pub number: i64,
    /// Which version.
    pub version: VersionRef,
    /// Who put it into use.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// A version of something that can be put into use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionRef {
    /// Of a policy.
    Policy(PolicyRef),
    /// Of a brand.
    Brand(BrandRef),
}

/// The text of what was put into use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivatedText {
    /// Of a policy, with its calendars.
    Policy(StoredPolicy),
    /// Of a brand.
    Brand(StoredText),
}

impl fmt::Display for VersionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionRef::Policy(policy) => policy.fmt(f),
            VersionRef::Brand(brand) => brand.fmt(f),
        }
    }
}

impl VersionRef {
    /// What it is a version of, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            VersionRef::Policy(_) => TextKind::Policy.as_str(),
            VersionRef::Brand(_) => TextKind::Brand.as_str(),
        }
    }

    fn name(&self) -> &str {
        match self {
            VersionRef::Policy(policy) => &policy.name,
            VersionRef::Brand(brand) => &brand.name,
        }
    }

    fn version(&self) -> &str {
        match self {
            VersionRef::Policy(policy) => &policy.version,
            VersionRef::Brand(brand) => &brand.version,
        }
    }
}

impl ActivatedText {
    /// Which version it is the text of.
    #[must_use]
    pub fn version(&self) -> VersionRef {
        match self {
            ActivatedText::Policy(policy) => VersionRef::Policy(policy.reference()),
            ActivatedText::Brand(brand) => VersionRef::Brand(BrandRef {
                name: brand.name.clone(),
                version: brand.version.clone(),
            }),
        }
    }
}

type Row = (i64, String, String, String, String, PgTimestamp);

/// The database takes no other kinds.
fn is_policy((_, kind, ..): &Row) -> bool {
    kind == TextKind::Policy.as_str()
}

fn of_row(row: Row) -> Activation {
    let is_policy = is_policy(&row);
    let (number, _, name, version, actor, at) = row;
    Activation {
        number,
        version: match is_policy {
            true => VersionRef::Policy(PolicyRef { name, version }),
            false => VersionRef::Brand(BrandRef { name, version }),
        },
        actor,
        // Nothing rests on it: a policy goes by its first day, a brand by the order of its activations.
        at: rows::nearest_instant(at),
    }
}

impl Store {
    /// The number of the last activation; 0: there was none. One look at an index.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_activation(&self) -> Result<i64, StoreError> {
        self.ask(last_number)
    }

    /// What was put into use after an activation, in order; after 0, everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn activated_after(
        &self,
        number: i64,
    ) -> Result<Vec<(Activation, ActivatedText)>, StoreError> {
        self.ask(|connection| activated_after(number, connection))
    }
}

impl Reader {
    /// All activations, in order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        self.read(|connection| {
            use schema::activation::dsl;
            let found: Vec<Row> = dsl::activation.order(dsl::number).load(connection)?;
            Ok(found.into_iter().map(of_row).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// Lets nobody else put anything into use before this transaction ends.
    ///
    /// # Errors
    /// When the database fails, or somebody else is at it for longer than a lock is waited for.
    pub fn lock_activations(&mut self) -> Result<(), StoreError> {
        diesel::sql_query("/* activation.lock */ select pg_advisory_xact_lock(7233737)")
            .execute(self.connection)?;
        Ok(())
    }

    /// As [`Store::activated_after`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn activated_after(
        &mut self,
        number: i64,
    ) -> Result<Vec<(Activation, ActivatedText)>, StoreError> {
        activated_after(number, self.connection)
    }

    /// The last activation of the policy, or of the brand, that this is a version of.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_activation_of(
        &mut self,
        version: &VersionRef,
    ) -> Result<Option<Activation>, StoreError> {
        use schema::activation::dsl;
        let found: Option<Row> = dsl::activation
            .filter(dsl::kind.eq(version.kind()))
            .filter(dsl::name.eq(version.name()))
            .order(dsl::number.desc())
            .first(self.connection)
            .optional()?;
        Ok(found.map(of_row))
    }

    /// Stores a version and puts it into use. Needs [`Transaction::lock_activations`], so that numbers follow one another as
    /// they are committed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn activate(
        &mut self,
        text: &ActivatedText,
        actor: &str,
        at: Timestamp,
    ) -> Result<Activation, StoreError> {
        use schema::activation::dsl;
        match text {
            ActivatedText::Policy(policy) => {
                let why = StoredFor::Activation;
                policy_versions::keep_policy(policy, why, at, self.connection)?;
            }
            // It is the one that is used from now on: which brands were loaded together does not matter.
            ActivatedText::Brand(brand) => {
                let (kind, why) = (TextKind::Brand, StoredFor::Use);
                rule_texts::keep(kind, brand, why, at, self.connection)?;
            }
        }
        let activation = Activation {
            number: last_number(self.connection)? + 1,
            version: text.version(),
            actor: actor.to_owned(),
            at,
        };
        diesel::insert_into(dsl::activation)
            .values((
                dsl::number.eq(activation.number),
                dsl::kind.eq(activation.version.kind()),
                dsl::name.eq(activation.version.name()),
                dsl::version.eq(activation.version.version()),
                dsl::actor.eq(actor),
                dsl::at.eq(rows::bind(at)),
            ))
            .execute(self.connection)?;
        Ok(activation)
    }
}

fn last_number(connection: &mut PgConnection) -> Result<i64, StoreError> {
    use schema::activation::dsl;
    let last: Option<i64> = dsl::activation.select(max(dsl::number)).first(connection)?;
    Ok(last.unwrap_or(0))
}

fn activated_after(
    number: i64,
    connection: &mut PgConnection,
) -> Result<Vec<(Activation, ActivatedText)>, StoreError> {
    use schema::{activation, rule_text};
    let of_activation = rule_text::kind
        .eq(activation::kind)
        .and(rule_text::name.eq(activation::name))
        .and(rule_text::version.eq(activation::version));
    let found: Vec<(Row, policy_versions::Row)> = activation::table
        .inner_join(rule_text::table.on(of_activation))
        .filter(activation::number.gt(number))
        .order(activation::number)
        .select((activation::all_columns, policy_versions::columns()))
        .load(connection)?;
    let (policies, brands): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|(row, _)| is_policy(row));
    let (activations, texts): (Vec<Row>, Vec<policy_versions::Row>) = policies.into_iter().unzip();
    let texts = policy_versions::with_calendars(texts, connection)?;
    let policies = activations
        .into_iter()
        .zip(texts.into_iter().map(ActivatedText::Policy));
    let brands = brands.into_iter().map(|(row, (name, version, body, _))| {
        let text = StoredText::of_row((name, version, body));
        (row, ActivatedText::Brand(text))
    });
    let activated = policies
        .chain(brands)
        .map(|(row, text)| (of_row(row), text));
    let mut activated: Vec<_> = activated.collect();
    activated.sort_unstable_by_key(|(activation, _)| activation.number);
    Ok(activated)
}
