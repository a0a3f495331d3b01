//! The record of reads: who was shown personal data of which complaint, when, by which method, and for what purpose.
//!
//! Reads are collected in memory and written in batches, so no response waits for them. A killed process loses the reads of its
//! last second.

mod buffer;
mod settings;
mod writer;

pub(in crate::api) use self::buffer::ReadOf;
pub use self::{
    buffer::ReadRecord,
    settings::{Keeping, ReadRecordSettings},
    writer::ReadRecorder,
};
