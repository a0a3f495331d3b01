//! What a mail system says of a notice, as it is reported to the service.

use tonic::Status;

use super::service::{DispatchClient, resource_name};
use crate::{
    dispatch::mail::{
        NoticeName, ReturnPaths, Returned,
        bounce::{self, Bounce, NoBounce, Outcome},
    },
    proto::v1,
};

/// A delivery status notification about a notice of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceReport(Bounce);

impl BounceReport {
    /// Reads a message as it was delivered. `recipient` is the address that it was delivered to, where the mail system tells it
    /// apart.
    ///
    /// # Errors
    /// When it is no notification, or none about a notice of the service.
    pub fn read(
        message: &[u8],
        recipient: Option<&str>,
        paths: &ReturnPaths,
    ) -> Result<Self, NoBounce> {
        bounce::read(message, recipient, paths).map(BounceReport)
    }

    /// What it is about.
    #[must_use]
    pub fn notice(&self) -> &NoticeName {
        &self.0.returned.notice
    }

    /// Whether it decides anything: what is delayed or was passed on may still arrive.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self.0.outcome, Outcome::Failed | Outcome::Delivered)
    }

    /// What it says, and what is done about it, for people.
    #[must_use]
    pub fn described(&self) -> String {
        let notice = self.notice();
        let said = match self.0.outcome {
            Outcome::Failed => "did not arrive: reported",
            Outcome::Delivered => "arrived: reported",
            Outcome::Delayed => "is delayed: nothing to report",
            Outcome::Relayed => "was passed on: nothing to report",
        };
        format!("notice {} of {} {said}", notice.notice, notice.complaint)
    }

    /// As [`BounceReport::described`], where the service says that the notice has been sent again since (`ATTEMPT_SUPERSEDED`).
    #[must_use]
    pub fn superseded(&self) -> String {
        let NoticeName { complaint, notice } = self.notice();
        format!("notice {notice} of {complaint} was sent again since: nothing to report")
    }

    /// Tells the service what became of the notice, if that is decided.
    ///
    /// # Errors
    /// What the service says to it.
    pub async fn send(self, client: &mut DispatchClient, actor: String) -> Result<(), Status> {
        if !self.is_final() {
            return Ok(());
        }
        let Bounce {
            returned: Returned { notice, attempt },
            outcome,
            code,
        } = self.0;
        let delivered = outcome == Outcome::Delivered;
        let request = v1::RecordNoticeDeliveryRequest {
            name: resource_name(notice.complaint.as_str()),
            actor,
            notice: notice.notice,
            means: v1::ContactMeans::Email.into(),
            delivered,
            code: code.filter(|_| !delivered).unwrap_or_default(),
            attempt: attempt.unwrap_or_default(),
            ..Default::default()
        };
        client.record_notice_delivery(request).await?;
        Ok(())
    }
}
