//! After how long a caller may try the same again.

use std::time::Duration;

/// Where the cause passes within moments.
pub(in crate::api) const SOON: Duration = Duration::from_millis(200);
/// Where somebody or something has to come back.
pub(in crate::api) const LATER: Duration = Duration::from_secs(1);
/// Where people have to do something first.
pub(in crate::api) const MUCH_LATER: Duration = Duration::from_secs(30);
