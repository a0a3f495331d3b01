//! Brands as they are kept, and those that were put into use while the service ran.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    PgConnection, QueryDsl as _, RunQueryDsl as _, data_types::PgTimestamp, dsl::max,
};
use jiff::Timestamp;

use super::{
    Reader, Store, StoreError, StoredText, Transaction,
    policy_versions::{self, Kept, Texts},
    rows, schema,
};
use crate::brand::{Brand, BrandRef};

/// That a version of a brand is in use from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandActivation {
    /// From 1, without a gap. A replica that has learnt one has learnt all before it.
    pub number: i64,
    /// Which version.
    pub brand: BrandRef,
    /// Who put it into use.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

type Row = (i64, String, String, String, PgTimestamp);

fn of_row((number, name, version, actor, at): Row) -> BrandActivation {
    BrandActivation {
        number,
        brand: BrandRef { name, version },
        actor,
        // Nothing rests on it: brands go by the order of their activations.
        at: rows::nearest_instant(at),
    }
}

impl StoredText {
    /// What is kept of a brand.
    #[must_use]
    pub fn of_brand(brand: &Brand) -> Self {
        StoredText {
            name: brand.name().to_owned(),
            version: brand.version().to_owned(),
            body: brand.text.clone(),
        }
    }
}

impl Store {
    /// Keeps these brands for good, and notes that they are in use now.
    ///
    /// # Errors
    /// When the database fails.
    pub fn keep_brands(&self, brands: &[StoredText], now: Timestamp) -> Result<(), StoreError> {
        self.transaction(|transaction| {
            for brand in brands {
                let connection = &mut *transaction.connection;
                policy_versions::keep_text(Texts::Brands, brand, Kept::Loaded, now, connection)?;
            }
            Ok(())
        })
    }

    /// Every brand that was ever in use, in the order of their last use.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_brands(&self) -> Result<Vec<StoredText>, StoreError> {
        use schema::brand::dsl;
        let found: Vec<(String, String, String)> = self.ask(|connection| {
            let query = dsl::brand
                .order((dsl::loaded_at, dsl::name, dsl::version))
                .select((dsl::name, dsl::version, dsl::body));
            Ok(query.load(connection)?)
        })?;
        Ok(found.into_iter().map(text).collect())
    }

    /// The number of the last activation of a brand; 0: there was none. One look at an index.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_brand_activation(&self) -> Result<i64, StoreError> {
        self.ask(last_number)
    }

    /// What was put into use after an activation, in order; after 0, everything.
    ///
    /// # Errors
    /// When the database fails.
    pub fn brands_activated_after(
        &self,
        number: i64,
    ) -> Result<Vec<(BrandActivation, StoredText)>, StoreError> {
        self.ask(|connection| activated_after(number, connection))
    }
}

impl Reader {
    /// All activations of brands, in order.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn brand_activations(&self) -> Result<Vec<BrandActivation>, StoreError> {
        self.read(|connection| {
            use schema::brand_activation::dsl;
            let all = dsl::brand_activation.order(dsl::number);
            let found: Vec<Row> = all.load(connection)?;
            Ok(found.into_iter().map(of_row).collect())
        })
        .await
    }
}

impl Transaction<'_> {
    /// The version of a brand that some process of this service used last.
    ///
    /// # Errors
    /// When the database fails.
    pub fn kept_brand(&mut self, name: &str) -> Result<Option<StoredText>, StoreError> {
        use schema::brand::dsl;
        let found: Option<(String, String, String)> = dsl::brand
            .filter(dsl::name.eq(name))
            .order(dsl::loaded_at.desc())
            .select((dsl::name, dsl::version, dsl::body))
            .first(self.connection)
            .optional()?;
        Ok(found.map(text))
    }

    /// As [`Store::brands_activated_after`].
    ///
    /// # Errors
    /// When the database fails.
    pub fn brands_activated_after(
        &mut self,
        number: i64,
    ) -> Result<Vec<(BrandActivation, StoredText)>, StoreError> {
        activated_after(number, self.connection)
    }

    /// What was last put into use of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn last_activation_of_brand(
        &mut self,
        name: &str,
    ) -> Result<Option<BrandActivation>, StoreError> {
        use schema::brand_activation::dsl;
        let found: Option<Row> = dsl::brand_activation
            .filter(dsl::brand.eq(name))
            .order(dsl::number.desc())
            .first(self.connection)
            .optional()?;
        Ok(found.map(of_row))
    }

    /// Keeps a brand and puts it into use. Needs [`Transaction::lock_activations`], so that numbers follow one another as
    /// they are committed.
    ///
    /// # Errors
    /// When the database fails.
    pub fn activate_brand(
        &mut self,
        brand: &StoredText,
        actor: &str,
        at: Timestamp,
    ) -> Result<BrandActivation, StoreError> {
        use schema::brand_activation::dsl;
        // Loaded, so that it is the one that was used last.
        policy_versions::keep_text(Texts::Brands, brand, Kept::Loaded, at, self.connection)?;
        let number = last_number(self.connection)? + 1;
        diesel::insert_into(dsl::brand_activation)
            .values((
                dsl::number.eq(number),
                dsl::brand.eq(&brand.name),
                dsl::brand_version.eq(&brand.version),
                dsl::actor.eq(actor),
                dsl::at.eq(rows::bind(at)),
            ))
            .execute(self.connection)?;
        Ok(BrandActivation {
            number,
            brand: BrandRef {
                name: brand.name.clone(),
                version: brand.version.clone(),
            },
            actor: actor.to_owned(),
            at,
        })
    }
}

fn last_number(connection: &mut PgConnection) -> Result<i64, StoreError> {
    use schema::brand_activation::dsl;
    let last: Option<i64> = dsl::brand_activation
        .select(max(dsl::number))
        .first(connection)?;
    Ok(last.unwrap_or(0))
}

fn activated_after(
    number: i64,
    connection: &mut PgConnection,
) -> Result<Vec<(BrandActivation, StoredText)>, StoreError> {
    use schema::{brand, brand_activation};
    let found: Vec<(Row, String)> = brand_activation::table
        .inner_join(
            brand::table.on(brand::name
                .eq(brand_activation::brand)
                .and(brand::version.eq(brand_activation::brand_version))),
        )
        .filter(brand_activation::number.gt(number))
        .order(brand_activation::number)
        .select((brand_activation::all_columns, brand::body))
        .load(connection)?;
    let activated = found.into_iter().map(|(row, body)| {
        let activation = of_row(row);
        let BrandRef { name, version } = activation.brand.clone();
        (activation, text((name, version, body)))
    });
    Ok(activated.collect())
}

fn text((name, version, body): (String, String, String)) -> StoredText {
    StoredText {
        name,
        version,
        body,
    }
}
