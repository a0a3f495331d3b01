//! Texts as they are stored.

/// A text that decisions rest on, as it was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredText {
    /// Its name.
    pub name: String,
    /// The digest of the text.
    pub version: String,
    /// The text.
    pub body: String,
}
