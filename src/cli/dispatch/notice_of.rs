//! Arguments that identify a notice, and the output after a change to it.

use clap::Args;

use crate::{
    cli::{Failure, json::Json, undelivered::undelivered},
    client::resource_name,
    proto::v1,
    terminal::{Terminal, Tone},
};

/// The notice that a command is about.
#[derive(Debug, Args)]
pub struct NoticeOf {
    /// The complaint's tracking number or id.
    #[arg(value_name = "COMPLAINT")]
    pub complaint: String,
    /// The number of the notice, as `redress dispatch list` shows it.
    #[arg(value_name = "NOTICE", value_parser = clap::value_parser!(i64).range(1..))]
    pub notice: i64,
}

impl NoticeOf {
    pub(in crate::cli) fn complaint_name(&self) -> String {
        resource_name(&self.complaint)
    }

    /// Says what was done, and what of the complaint has not reached the customer.
    pub(in crate::cli) fn tell(
        &self,
        done: &str,
        complaint: &v1::Complaint,
        json: bool,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        if json {
            terminal.line(Json::new()?.value("Complaint", complaint)?)?;
            return Ok(());
        }
        let number = &complaint.tracking_number;
        terminal.toned(
            Tone::Good,
            format_args!("notice {} of {number}: {done}", self.notice),
        )?;
        undelivered(complaint, terminal)
    }
}
