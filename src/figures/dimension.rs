//! By what figures are divided.

use crate::policy::words;

words! {
    /// A dimension.
    Dimension {
        /// The clock that times a promise. Divides promises alone.
        Clock = "clock",
        /// Of a promise, the code that makes it; of anything else, the provider's own code.
        Policy = "policy",
        Brand = "brand",
        /// Whoever has the complaint, in the form in which names are compared.
        Assignee = "assignee",
        Level = "level",
        Channel = "channel",
        Language = "language",
        Region = "region",
        /// Of the first issue.
        Service = "service",
        /// Of the first issue.
        Category = "category",
        /// The month in which it counts.
        Month = "month",
        /// The day on which it counts.
        Day = "day",
    }
}

/// The value of a dimension that a complaint has none of: nobody has it, or no region is known.
pub const NONE: &str = "-";
