//! Reads on record: who was shown personal data of which complaint, when, by which method, and for what purpose.
//!
//! What is shown is noted in memory and written in batches, so no answer waits for it. A process that is killed loses what it
//! noted within the last second.

mod buffer;
mod settings;
mod writer;

pub(in crate::api) use self::buffer::ReadOf;
pub use self::{
    buffer::ReadRecord,
    settings::{Keeping, ReadRecordSettings},
    writer::ReadRecorder,
};
