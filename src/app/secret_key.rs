//! The secret key of the deployment, in a file. Each purpose gets a key derived from it.

use std::{fmt, fs::File, io, io::Read as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    hkdf,
    rand::{SecureRandom as _, SystemRandom},
};

/// The length of the key, in bytes.
const LENGTH: usize = 32;
/// The longest file that is read: a key takes 44 characters, so anything longer is not one.
const LONGEST_FILE: u64 = 128;

/// The deployment's key. Must be the same at every replica and after every restart: nothing else can decrypt what it encrypted.
#[derive(Clone)]
pub struct SecretKey([u8; LENGTH]);

/// Reveals nothing of the key.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").finish_non_exhaustive()
    }
}

/// Why a file is not a key. Does not reveal its content.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Its content is invalid.
    #[error(
        "it must contain 32 random bytes in base64 (44 characters), as printed by `openssl rand -base64 32`"
    )]
    NoKey,
    /// No key can be generated.
    #[error("the system gives no random bytes")]
    NoRandomness,
}

impl SecretKey {
    /// Reads the key from a file that holds 32 bytes in base64; surrounding white space is ignored.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn from_file(file: &Path) -> Result<Self, SecretKeyError> {
        let mut text = Vec::new();
        File::open(file)?
            .take(LONGEST_FILE)
            .read_to_end(&mut text)?;
        Self::from_base64(text.trim_ascii())
    }

    /// Generates a key, for a service that stores nothing beyond its own run.
    ///
    /// # Errors
    /// When the system provides no random bytes.
    pub fn generate() -> Result<Self, SecretKeyError> {
        let mut key = [0; LENGTH];
        let filled = SystemRandom::new().fill(&mut key);
        filled.map_err(|_| SecretKeyError::NoRandomness)?;
        Ok(SecretKey(key))
    }

    /// Parses the key.
    ///
    /// # Errors
    /// When the text is not 32 bytes in base64.
    pub fn from_base64(text: impl AsRef<[u8]>) -> Result<Self, SecretKeyError> {
        let bytes = STANDARD.decode(text).map_err(|_| SecretKeyError::NoKey)?;
        let key = bytes.try_into().map_err(|_| SecretKeyError::NoKey)?;
        Ok(SecretKey(key))
    }

    /// The key for one purpose, by HKDF with SHA-256 (RFC 5869). Keys of different purposes reveal nothing about each other. A
    /// purpose's text must never change: what was encrypted with its key would be lost.
    #[must_use]
    pub fn derive(&self, purpose: &'static str) -> [u8; 32] {
        let mut derived = [0; 32];
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"redress").extract(&self.0);
        let info = [purpose.as_bytes()];
        let filled = extracted
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|key| key.fill(&mut derived));
        #[allow(
            clippy::expect_used,
            reason = "fails for more than 255 digests, or a length other than the one asked for: both are the digest's, 32 bytes"
        )]
        filled.expect("one digest");
        derived
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn file_of(text: &[u8]) -> Result<SecretKey, SecretKeyError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        SecretKey::from_file(file.path())
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own_that_stays_the_same() {
        let key = file_of(format!("{TEXT}\n").as_bytes()).unwrap();
        // Computed with Python's hmac after RFC 5869.
        let expected = "zjIL5Tkt0YyOuDctYhwDmPUxZc3KyrNvLPpq8IdKVVg=";
        assert_eq!(STANDARD.encode(key.derive("test")), expected);
        assert_eq!(key.derive("test"), key.derive("test"));
        assert_ne!(key.derive("test"), key.derive("tests"));
        let other = SecretKey::from_base64(STANDARD.encode([7; 32])).unwrap();
        assert_ne!(key.derive("test"), other.derive("test"));
    }

    #[test]
    fn what_is_not_32_bytes_in_base64_is_refused_without_being_shown() {
        let short = STANDARD.encode([1; 31]);
        let long = STANDARD.encode([1; 33]);
        for text in ["", "s3cret", short.as_str(), long.as_str(), "ä"] {
            let refused = file_of(text.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains("openssl rand -base64 32"), "{refused}");
            assert!(text.is_empty() || !refused.contains(text), "{refused}");
        }
        assert!(SecretKey::from_file(Path::new("/dev/zero")).is_err());
        let missing = SecretKey::from_file(Path::new("/nowhere/key")).unwrap_err();
        assert!(matches!(missing, SecretKeyError::Unreadable(_)));
    }

    #[test]
    fn the_key_is_not_shown_by_debug() {
        let key = SecretKey::from_base64(TEXT).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey { .. }");
    }
}
