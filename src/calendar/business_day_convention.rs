use std::fmt;

use serde::{Deserialize, Serialize};

/// What becomes of a last day without working time, at the end of a term of calendar days, weeks, months or years.
///
/// The default follows the Interpretation Act (R.S.C. 1985, c. I-21), s. 26, for holidays and extends it to weekends, as the
/// courts' rules do: a customer or an office has until an office is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roll {
    /// The term ends with the next working day.
    #[default]
    NextWorkingDay,
    /// The term ends with the working day before, for a promise that a day off must not lengthen. The date on which the term
    /// starts is the earliest; where there is no working day from it on, the last day stays.
    PreviousWorkingDay,
    /// The last day stays, working day or not.
    None,
}

impl fmt::Display for Roll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NextWorkingDay => "next_working_day",
            Self::PreviousWorkingDay => "previous_working_day",
            Self::None => "none",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]
    use super::*;

    #[test]
    fn a_roll_is_shown_as_it_is_written() {
        for roll in [Roll::NextWorkingDay, Roll::PreviousWorkingDay, Roll::None] {
            let written = format!("\"{roll}\"");
            assert_eq!(serde_json::to_string(&roll).unwrap(), written);
            assert_eq!(serde_json::from_str::<Roll>(&written).unwrap(), roll);
        }
        assert_eq!(Roll::default().to_string(), "next_working_day");
    }
}
