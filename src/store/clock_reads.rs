//! The reads of clocks.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
};
use uuid::Uuid;

use super::{
    StoreError,
    clocks::{ClockPlace, ListedClock, StoredClocks, find},
    first_clocks::{FIRST, FirstClocks},
    lookup::Names,
    read::Reader,
    rows,
    schema::clock,
};
use crate::domain::ComplaintRef;

impl Reader {
    /// The first hundred clocks of one complaint; `None`: there is no such complaint.
    ///
    /// # Errors
    /// When the database is away, or what is stored of the complaint cannot be read.
    pub async fn clocks(&self, which: ComplaintRef) -> Result<Option<StoredClocks>, StoreError> {
        let first = self.look_up(&self.clocks, which.clone());
        match self.patiently(first).await? {
            None => Ok(None),
            Some(FirstClocks::All(stored)) => Ok(Some(stored)),
            Some(FirstClocks::Many) => {
                let page = move |connection: &mut PgConnection| {
                    let names = Names::from(&which);
                    let mut found = find(&names, None, FIRST, connection)?;
                    found.remove(&which).transpose()
                };
                self.read(page).await
            }
        }
    }

    /// At most `limit` clocks of one complaint after a place; `None`: from the first one.
    ///
    /// # Errors
    /// When the database is away, or what is stored of the complaint cannot be read.
    pub async fn clocks_after(
        &self,
        complaint: Uuid,
        after: Option<ClockPlace>,
        limit: usize,
    ) -> Result<Option<StoredClocks>, StoreError> {
        self.read(move |connection| {
            let names = Names::Ids(vec![complaint]);
            let after = after.clone().unwrap_or_else(ClockPlace::beginning);
            let mut found = find(&names, Some(&after), limit, connection)?;
            found.remove(&ComplaintRef::Id(complaint)).transpose()
        })
        .await
    }
}

impl Reader {
    /// One cycle of one clock, or the latest one for `None`, as the only one of its list, which is empty if there is none;
    /// `None`: there is no such complaint.
    ///
    /// # Errors
    /// When the database is away, or what is stored of the complaint cannot be read.
    pub async fn clock(
        &self,
        which: ComplaintRef,
        name: String,
        cycle: Option<i32>,
    ) -> Result<Option<StoredClocks>, StoreError> {
        use super::schema::complaint;
        let (first, last) = cycle.map_or((1, i32::MAX), |cycle| (cycle, cycle));
        self.read(move |connection| {
            let clock = clock::table.on(clock::complaint_id
                .eq(complaint::id)
                .and(clock::name.eq(&name))
                .and(clock::cycle.between(first, last)));
            let mut query = complaint::table
                .left_join(clock)
                .select((
                    complaint::id,
                    complaint::body,
                    Option::<rows::ClockRow>::as_select(),
                ))
                .order(clock::cycle.desc())
                .into_boxed();
            query = match &which {
                ComplaintRef::Id(id) => query.filter(complaint::id.eq(*id)),
                ComplaintRef::Tracking(number) => {
                    query.filter(complaint::tracking_number.eq(number.as_str()))
                }
            };
            let found: Option<(Uuid, String, Option<rows::ClockRow>)> =
                query.first(connection).optional()?;
            let Some((id, body, row)) = found else {
                return Ok(None);
            };
            Ok(Some(StoredClocks {
                id,
                binding: rows::read_json("complaint", &body)?,
                clocks: row.map(ListedClock::from).into_iter().collect(),
                more: false,
            }))
        })
        .await
    }
}
