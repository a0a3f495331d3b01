//! Encrypts secrets at rest, each bound to its subscription.

use std::fmt;

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom as _, SystemRandom},
};
use uuid::Uuid;

use crate::standard_webhooks::Secret;

/// Encrypts secrets with one key of the deployment.
pub struct Vault(LessSafeKey);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// Why a secret cannot be encrypted or decrypted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum VaultError {
    /// The cipher failed.
    #[error("the secret cannot be encrypted")]
    Sealing,
    /// It was encrypted with another key or for another subscription, or was tampered with.
    #[error(
        "the secret cannot be decrypted: the key of --secret-key-file is not the one that it was encrypted under"
    )]
    Opening,
}

impl Vault {
    /// The purpose for which the key is derived. Must never change.
    pub const PURPOSE: &'static str = "secrets of subscriptions";

    /// A vault with this key.
    ///
    /// # Errors
    /// When the cipher rejects the key.
    pub fn new(key: &[u8; 32]) -> Result<Self, VaultError> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| VaultError::Sealing)?;
        Ok(Vault(LessSafeKey::new(key)))
    }

    /// The random nonce precedes the ciphertext. Far too few secrets are made for a nonce to repeat.
    pub(super) fn seal(&self, owner: Uuid, secret: &Secret) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| VaultError::Sealing)?;
        let mut sealed = secret.bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| VaultError::Sealing)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(super) fn open(&self, owner: Uuid, sealed: &[u8]) -> Result<Secret, VaultError> {
        let (nonce, rest) = sealed
            .split_at_checked(NONCE_LEN)
            .ok_or(VaultError::Opening)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::Opening)?;
        let mut rest = rest.to_vec();
        let opened = self
            .0
            .open_in_place(nonce, Aad::from(owner.as_bytes()), &mut rest)
            .map_err(|_| VaultError::Opening)?;
        Ok(Secret::of_bytes(opened.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_secret_is_read_with_its_key_and_for_its_subscription_alone() {
        let (vault, other) = (Vault::new(&[1; 32]).unwrap(), Vault::new(&[2; 32]).unwrap());
        let (secret, owner) = (Secret::random().unwrap(), Uuid::from_u128(7));
        let sealed = vault.seal(owner, &secret).unwrap();
        assert_ne!(sealed, vault.seal(owner, &secret).unwrap());
        assert!(vault.open(owner, &sealed).unwrap() == secret);
        assert!(other.open(owner, &sealed).is_err());
        assert!(vault.open(Uuid::from_u128(8), &sealed).is_err());
        let mut changed = sealed;
        changed[20] ^= 1;
        assert!(vault.open(owner, &changed).is_err());
        assert!(vault.open(owner, b"short").is_err());
    }
}
