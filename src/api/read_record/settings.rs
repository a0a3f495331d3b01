//! How it is recorded who reads personal data.

use jiff::SignedDuration;

/// How it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadRecordSettings {
    /// Whether personal data are shown while it cannot be.
    pub keeping: Keeping,
    /// How long a record is kept.
    pub kept: SignedDuration,
}

/// Whether personal data are shown while it cannot be recorded who sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keeping {
    /// They are not.
    #[default]
    Required,
    /// They are. What is lost of the record is counted.
    BestEffort,
}

impl ReadRecordSettings {
    /// For how many days a record is kept unless something else is said: two years.
    pub const DAYS: u32 = 730;

    /// With records that are kept for so many days.
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
