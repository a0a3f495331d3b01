//! `redress note`.

use clap::Args;

use super::{
    act::{Act, Said},
    typed::Typed,
};
use crate::{cli::Failure, proto::v1};

pub(super) const HELP: &str = "\
The customer is not told. A note cannot be changed or deleted.

Examples:
  redress note RD-DCNNM-Y6G1W 'Call the warehouse.'
  redress note RD-DCNNM-Y6G1W - < note.txt";

/// An internal note.
#[derive(Debug, Args)]
pub struct Note {
    /// The note; - reads it from standard input.
    #[arg(value_name = "TEXT")]
    note: Typed,
}

impl Act for Note {
    type Request = v1::AddNoteRequest;

    fn request(&self, _: &Said<'_>) -> Result<Self::Request, Failure> {
        Ok(v1::AddNoteRequest {
            note: self.note.text()?,
            ..Default::default()
        })
    }
}
