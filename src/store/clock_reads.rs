//! The reads of clocks.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, OptionalExtension as _,
    PgConnection, QueryDsl as _, RunQueryDsl as _, SelectableHelper as _,
};
use uuid::Uuid;

use super::{
    StoreError,
    clocks::{ClockPlace, ListedClock, StoredClocks, find},
    first_clocks::FIRST,
    lookup::Names,
    placement::{Placed, Placement},
    read::Reader,
    rows,
    schema::clock,
};
use crate::{access::Scope, domain::ComplaintRef};

impl Reader {
    /// The first hundred clocks of one complaint; `None`: there is no such complaint within the scope.
    ///
    /// # Errors
    /// When the database is away, or what is stored of the complaint cannot be read.
    pub async fn clocks(
        &self,
        which: ComplaintRef,
        scope: &Scope,
    ) -> Result<Option<StoredClocks>, StoreError> {
        let page = |which: &ComplaintRef, connection: &mut PgConnection| {
            let mut found = find(&Names::from(which), None, FIRST, connection)?;
            Ok(found.remove(which))
        };
        self.look_up_or_read(&self.clocks, which, scope, page).await
    }

    /// At most `limit` clocks of one complaint after a place; `None`: from the first one. Asks for no scope: the id was looked
    /// up within it.
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
            let found = found.remove(&ComplaintRef::Id(complaint));
            found.map(|clocks| clocks.read).transpose()
        })
        .await
    }
}

impl Reader {
    /// One cycle of one clock, or the latest one for `None`, as the only one of its list, which is empty if there is none;
    /// `None`: there is no such complaint within the scope.
    ///
    /// # Errors
    /// When the database is away, or what is stored of the complaint cannot be read.
    pub async fn clock(
        &self,
        which: ComplaintRef,
        name: String,
        cycle: Option<i32>,
        scope: &Scope,
    ) -> Result<Option<StoredClocks>, StoreError> {
        use super::schema::complaint;
        let (first, last) = cycle.map_or((1, i32::MAX), |cycle| (cycle, cycle));
        let read = self.read(move |connection| {
            let clock = clock::table.on(clock::complaint_id
                .eq(complaint::id)
                .and(clock::name.eq(&name))
                .and(clock::cycle.between(first, last)));
            let mut query = complaint::table
                .left_join(clock)
                .select((
                    complaint::id,
                    Placement::as_select(),
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
            type Found = (Uuid, Placement, String, Option<rows::ClockRow>);
            let found: Option<Found> = query.first(connection).optional()?;
            let read = |(id, placement, body, row): Found| {
                let binding = rows::read_json("complaint", &body);
                let read = binding.map(|binding| StoredClocks {
                    id,
                    binding,
                    clocks: row.map(ListedClock::from).into_iter().collect(),
                    more: false,
                });
                Placed { placement, read }
            };
            Ok(found.map(read))
        });
        let found = read.await?;
        found.map_or(Ok(None), |found| found.told(scope))
    }
}
