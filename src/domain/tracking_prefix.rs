//! What the tracking numbers of a brand begin with, so that a number tells whose it is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Two to four letters, `A` to `Z`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TrackingPrefix(String);

/// Why a text is not a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tracking prefix is two to four letters, A to Z")]
pub struct PrefixError;

impl TrackingPrefix {
    /// The letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrackingPrefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        TrackingPrefix::try_from(text.to_owned())
    }
}

impl TryFrom<String> for TrackingPrefix {
    type Error = PrefixError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let letters = text.bytes().all(|byte| byte.is_ascii_uppercase());
        if letters && (2..=4).contains(&text.len()) {
            Ok(TrackingPrefix(text))
        } else {
            Err(PrefixError)
        }
    }
}

impl From<TrackingPrefix> for String {
    fn from(prefix: TrackingPrefix) -> Self {
        prefix.0
    }
}

impl fmt::Display for TrackingPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
