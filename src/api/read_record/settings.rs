//! Settings of the record of reads.

use jiff::SignedDuration;

/// Settings of the record of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRecordSettings {
    /// Whether personal data are shown while reads cannot be recorded.
    pub keeping: Keeping,
    /// How long a record is kept.
    pub kept: SignedDuration,
}

/// Whether personal data are shown while reads cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeping {
    /// They are not shown.
    #[default]
    Required,
    /// They are shown. Missing records are counted.
    BestEffort,
}

impl ReadRecordSettings {
    /// The default number of days that a record is kept: two years.
    pub const DAYS: u32 = 730;

    /// Keeps records for this many days.
    #[must_use]
    pub fn kept_for(keeping: Keeping, days: u32) -> Self {
        ReadRecordSettings {
            keeping,
            kept: SignedDuration::from_hours(24 * i64::from(days)),
        }
    }
}

impl Default for ReadRecordSettings {
    fn default() -> Self {
        ReadRecordSettings::kept_for(Keeping::default(), Self::DAYS)
    }
}
