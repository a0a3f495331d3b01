//! Self-signed tokens for trying out and development, without an issuer.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    ring::{SEED, install},
    source::{KeySource, TrustedIssuer},
};
use crate::access::Role;

/// The issuer and audience of such tokens.
const ISSUER: &str = "urn:redress:dev";
const AUDIENCE: &str = "redress";
/// File permissions: readable and writable by the owner only.
const PRIVATE: u32 = 0o600;

/// A private signing key: Ed25519, as a JSON Web Key (RFC 8037). Not shown by `Debug`.
pub struct DevKey {
    seed: [u8; SEED],
    public: Vec<u8>,
}

/// What a token grants.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The name by which the log records the caller.
    pub subject: String,
    /// The caller's roles.
    pub roles: Vec<Role>,
    /// The brands whose complaints the caller may see; `*`: all.
    pub brands: Vec<String>,
    /// The queues that the caller may see; empty: all.
    pub queues: Vec<String>,
    /// How long the token is valid.
    pub period: SignedDuration,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum DevKeyError {
    /// The file cannot be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file does not hold a key.
    #[error("{}: it does not contain a key made by `redress token`", file.display())]
    Form {
        /// The file.
        file: PathBuf,
    },
    /// The system provides no random bytes.
    #[error("no key can be generated: the system provides no random bytes")]
    Random,
}

/// The key file. Other members are ignored.
#[derive(Serialize, Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    alg: String,
    d: String,
    x: String,
}

impl std::fmt::Debug for DevKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevKey")
            .field("id", &self.id())
            .finish_non_exhaustive()
    }
}

impl DevKey {
    /// Generates a key.
    ///
    /// # Errors
    /// When the system provides no random bytes.
    pub fn generate() -> Result<Self, DevKeyError> {
        let mut seed = [0; SEED];
        let random = SystemRandom::new();
        random.fill(&mut seed).map_err(|_| DevKeyError::Random)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        let pair = pair.map_err(|_| DevKeyError::Random)?;
        Ok(DevKey {
            seed,
            public: pair.public_key().as_ref().to_vec(),
        })
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    /// When the file cannot be read, or does not hold a key.
    pub fn read(file: &Path) -> Result<Self, DevKeyError> {
        let text = fs::read_to_string(file).map_err(|source| DevKeyError::File {
            file: file.to_owned(),
            source,
        })?;
        Self::of(&text).ok_or_else(|| DevKeyError::Form {
            file: file.to_owned(),
        })
    }

    /// Reads the key from a file. If the file does not exist, creates it with a new key, readable by its owner only. The second
    /// value says whether it was created.
    ///
    /// # Errors
    /// Those of [`DevKey::read`], and when the file cannot be written.
    pub fn read_or_make(file: &Path) -> Result<(Self, bool), DevKeyError> {
        let unwritable = |source| DevKeyError::File {
            file: file.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(PRIVATE);
        match options.open(file) {
            Ok(mut made) => {
                let key = Self::generate()?;
                made.write_all(key.text().as_bytes()).map_err(unwritable)?;
                made.sync_all().map_err(unwritable)?;
                Ok((key, true))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok((Self::read(file)?, false))
            }
            Err(error) => Err(unwritable(error)),
        }
    }

    fn of(text: &str) -> Option<Self> {
        let jwk: Jwk = serde_json::from_str(text).ok()?;
        if (jwk.kty.as_str(), jwk.crv.as_str()) != ("OKP", "Ed25519") {
            return None;
        }
        let seed: [u8; SEED] = BASE64.decode(&jwk.d).ok()?.try_into().ok()?;
        let public = BASE64.decode(&jwk.x).ok()?;
        // Checks that both halves belong together.
        Ed25519KeyPair::from_seed_and_public_key(&seed, &public).ok()?;
        Some(DevKey { seed, public })
    }

    fn text(&self) -> String {
        let jwk = json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "d": BASE64.encode(self.seed),
            "x": BASE64.encode(&self.public),
        });
        format!("{jwk:#}\n")
    }

    /// The key id in its tokens.
    fn id(&self) -> String {
        base16ct::lower::encode_string(&Sha256::digest(&self.public)[..8])
    }

    /// The issuer that trusts tokens signed with this key.
    #[must_use]
    pub fn issuer(&self) -> TrustedIssuer {
        let public = json!({
            "keys": [{
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": self.id(),
                "x": BASE64.encode(&self.public),
            }],
        });
        TrustedIssuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Fixed(public.to_string().into()),
        }
    }

    /// A token that grants this from now on.
    #[must_use]
    pub fn sign(&self, grant: &Grant, now: Timestamp) -> String {
        install();
        let until = now.saturating_add(grant.period).unwrap_or(Timestamp::MAX);
        let mut claims = json!({
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": grant.subject,
            "iat": now.as_second(),
            "exp": until.as_second(),
            "roles": grant.roles,
            "brands": grant.brands,
        });
        if !grant.queues.is_empty() {
            claims["queues"] = json!(grant.queues);
        }
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.id());
        // In the signer's format: the seed, then the public key.
        let key = EncodingKey::from_ed_der(&[self.seed.as_slice(), &self.public].concat());
        #[expect(
            clippy::expect_used,
            reason = "the halves of the key were seen to belong together, and the claims are plain data"
        )]
        encode(&header, &claims, &key).expect("a key that signs")
    }
}
