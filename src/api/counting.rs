//! The counts of complaints.

use super::{
    ComplaintApi,
    convert::{small, time},
    problems,
};
use crate::{
    access::Caller,
    intake::{Count, Problem},
    proto::v1,
    store::{Cell, Counted},
};

impl ComplaintApi {
    pub(super) async fn read_counts(
        &self,
        caller: &Caller,
        request: v1::CountComplaintsRequest,
    ) -> Result<v1::CountComplaintsResponse, Problem> {
        let Count { counting, zone } = Count::of(self.check_of(caller), request, &self.policies())?;
        let now = counting.board.now;
        let counted = self.reader.counts(counting).await;
        let (counted, more_groups) = counted.map_err(|error| problems::of_store(&error))?;
        Ok(v1::CountComplaintsResponse {
            counts: counted.into_iter().map(count).collect(),
            more_groups,
            read_time: time(now),
            time_zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        })
    }
}

fn count((group, [open, overdue, hour, today, tomorrow]): (String, Counted)) -> v1::ComplaintCount {
    let cell = |Cell { count, more }| {
        Some(v1::CountCell {
            count: small(count),
            more,
        })
    };
    v1::ComplaintCount {
        group,
        open: cell(open),
        overdue: cell(overdue),
        due_within_hour: cell(hour),
        due_today: cell(today),
        due_tomorrow: cell(tomorrow),
    }
}
