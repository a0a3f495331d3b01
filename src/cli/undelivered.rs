//! The notices of a complaint that did not reach its customer.

use super::Failure;
use crate::{
    client::words,
    proto::v1,
    terminal::{Terminal, Tone},
};

/// Says which they are, and how to send them again.
pub(super) fn undelivered(
    complaint: &v1::Complaint,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let number = &complaint.tracking_number;
    for undelivered in &complaint.undelivered {
        let notice = number_of(&undelivered.notice);
        let by = match undelivered.means {
            0 => String::new(),
            means => format!(" by {}", words::<v1::ContactMeans>(means)),
        };
        let reason = words::<v1::NoticeFailure>(undelivered.reason);
        terminal.toned(
            Tone::Warning,
            format_args!("not delivered: notice {notice}{by} ({reason})"),
        )?;
        terminal.line(format_args!(
            "  to send it again: redress notice resend {number} {notice}"
        ))?;
    }
    Ok(())
}

/// The last part of a notice's name.
pub(super) fn number_of(notice: &str) -> &str {
    notice.rsplit('/').next().unwrap_or(notice)
}
