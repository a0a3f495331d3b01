//! Which due times another release of the tz database would move, before it is deployed.

use std::sync::Arc;

use jiff::Timestamp;

use super::{PAGE, Report, next_after, open};
use crate::{
    calendar::{CalendarBook, Zones},
    domain::{Identity, Replay, Under},
    policy::PolicyBook,
    store::{HistoryPlace, KeptPolicyError, ListedHistory, Reader, StoreError, StoredPolicy},
};

/// Another tz database, as the policies that complaints keep count in it.
#[derive(Debug)]
pub struct OtherZones {
    book: PolicyBook,
    now: Timestamp,
    details: usize,
}

impl OtherZones {
    /// Reads every policy that was kept with the zones of another release; `calendars` are of these zones too. Returns also
    /// what cannot be read with them: the complaints that keep it cannot be worked out.
    #[must_use]
    pub fn of(
        kept: &[StoredPolicy],
        calendars: &CalendarBook,
        zones: &Zones,
        now: Timestamp,
        details: usize,
    ) -> (Self, Vec<KeptPolicyError>) {
        let (mut book, mut unread) = (PolicyBook::default(), Vec::new());
        for policy in kept {
            match policy.read(calendars, zones) {
                Ok(policy) => book.insert_former(policy),
                Err(error) => unread.push(error),
            }
        }
        let zones = OtherZones { book, now, details };
        (zones, unread)
    }

    /// Counts the due times of the open complaints anew, each under the versions that it keeps. `tell` hears after each page
    /// how many were looked at.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn moved(
        self,
        reader: &Reader,
        mut tell: impl FnMut(u64),
    ) -> Result<Report, StoreError> {
        let (zones, mut report) = (Arc::new(self), Report::default());
        let mut after: Option<HistoryPlace> = None;
        loop {
            let page = reader.open_histories(None, after, PAGE).await?;
            after = next_after(&page);
            let zones = Arc::clone(&zones);
            let worked = tokio::task::spawn_blocking(move || {
                for complaint in page {
                    zones.look_at(complaint, &mut report);
                }
                report
            });
            report = worked
                .await
                .map_err(|_| StoreError::Corrupt("working out a page panicked".to_owned()))?;
            tell(report.open);
            if after.is_none() {
                return Ok(report);
            }
        }
    }

    fn look_at(&self, complaint: ListedHistory, report: &mut Report) {
        report.open += 1;
        let Ok(history) = complaint.history else {
            report.unreadable += 1;
            return;
        };
        let identity = Identity {
            id: complaint.id,
            tracking_number: history.case.complaint.tracking_number.clone(),
        };
        let Ok(replay) = Replay::all(identity, &history.log, Under::Kept(&self.book)) else {
            report.unreadable += 1;
            return;
        };
        let cases = (&history.case, replay.case());
        let moved = history.case.moved_to(replay.case());
        let limits = (self.now, self.details);
        open::note(&complaint.tracking_number, cases, moved, limits, report);
    }
}
