//! What keeps the personal data of a complaint from being erased.

use crate::policy::words;

words! {
    /// Why the provider has to keep a complaint as it is.
    LegalHoldReason {
        /// A dispute in court, begun or to be expected.
        Litigation = "litigation",
        /// A supervisory authority looks into it.
        Regulator = "regulator",
        /// The person asked for a copy of the data, which is not handed out yet.
        AccessRequest = "access_request",
        /// An investigation, such as of fraud.
        Investigation = "investigation",
    }
}

/// By what word a case at the independent body is named among the holds.
pub(super) const REFERRAL: &str = "referral";
