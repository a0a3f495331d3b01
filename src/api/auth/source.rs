//! Where the keys of an issuer come from, and how long they are trusted.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{
    http::{Fetched, Http, trusted_address},
    key_set::{Key, KeySet},
};
use crate::{looks, time_source::SharedTime};

/// The longest time before keys are read again.
const FRESH: SignedDuration = SignedDuration::from_mins(15);
/// The least time between two attempts to read keys after a failure, or for tokens with unknown keys.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// How long keys are trusted that cannot be read again.
const STALE: SignedDuration = SignedDuration::from_hours(24);
/// The largest file, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Where the keys of an issuer come from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A JSON Web Key Set file, reread at intervals.
    File(PathBuf),
    /// The URL of a JSON Web Key Set.
    Address(Uri),
    /// The URL that the issuer's discovery document names.
    Discovered,
    /// A fixed key set.
    Fixed(Bytes),
}

impl KeySource {
    /// The keys at a URL, or in a file.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if !text.contains("://") {
            return Ok(KeySource::File(text.into()));
        }
        trusted_address(text)
            .map(KeySource::Address)
            .ok_or("a file is wanted, or an address that begins with https:// and has no password; http:// only on this machine")
    }
}

/// A trusted issuer.
#[derive(Debug, Clone)]
pub struct TrustedIssuer {
    /// The exact `iss` of its tokens.
    pub issuer: String,
    /// The `aud` of its tokens, or one of several.
    pub audience: String,
    /// Where its keys come from.
    pub keys: KeySource,
}

/// An issuer of tokens.
#[derive(Debug)]
pub(super) struct Issuer {
    /// The `iss` of its tokens.
    pub(super) name: String,
    /// The `aud` of its tokens.
    pub(super) audience: String,
    source: KeySource,
    http: Option<Http>,
    time: SharedTime,
    held: RwLock<Held>,
    /// Held while reading the keys, so that only one task does so.
    turn: Arc<Mutex<()>>,
}

/// The keys as last read.
#[derive(Debug)]
struct Held {
    text: Bytes,
    keys: Arc<KeySet>,
    /// Counts the changes of the keys.
    state: u64,
    /// When they must be read again.
    fresh_until: Timestamp,
    /// Until when they are trusted.
    believed_until: Timestamp,
    /// When to try again after a futile attempt.
    next_attempt: Timestamp,
    /// Whether the last attempt failed, so the issuer may have keys that are not among these.
    failed: bool,
}

/// Why a token cannot be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyError {
    /// The issuer has no such key.
    Unknown,
    /// The issuer's keys are unavailable.
    Away,
}

/// The used part of the discovery document (OpenID Connect Discovery 1.0).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Issuer {
    pub(super) fn new(
        (name, audience): (String, String),
        source: KeySource,
        http: Option<Http>,
        time: SharedTime,
    ) -> Self {
        Issuer {
            name,
            audience,
            source,
            http,
            time,
            held: RwLock::new(Held {
                text: Bytes::new(),
                keys: Arc::default(),
                state: 0,
                fresh_until: Timestamp::MIN,
                believed_until: Timestamp::MIN,
                next_attempt: Timestamp::MIN,
                failed: false,
            }),
            turn: Arc::default(),
        }
    }

    /// Changes whenever the keys do.
    pub(super) fn state(&self) -> u64 {
        self.held.read().state
    }

    /// Reads the keys for the first time.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(super) async fn begin(&self) -> Result<(), String> {
        let _turn = self.turn.lock().await;
        self.read().await
    }

    /// The key that a token names.
    pub(super) async fn key(self: &Arc<Self>, id: Option<&str>) -> Result<Arc<Key>, KeyError> {
        let now = self.time.now();
        let (found, fresh, believed) = {
            let held = self.held.read();
            let (fresh, believed) = (now < held.fresh_until, now < held.believed_until);
            (held.keys.get(id).filter(|_| believed), fresh, believed)
        };
        match found {
            Some(key) => {
                // Known keys are refreshed in the background.
                if !fresh {
                    self.read_beside(now);
                }
                return Ok(key);
            }
            None => self.read_for_unknown(id, fresh && believed).await,
        }
        let (held, now) = (self.held.read(), self.time.now());
        if now >= held.believed_until {
            return Err(KeyError::Away);
        }
        let why = match held.failed {
            true => KeyError::Away,
            false => KeyError::Unknown,
        };
        held.keys.get(id).ok_or(why)
    }

    /// Refreshes the keys in the background if they are due.
    fn read_beside(self: &Arc<Self>, now: Timestamp) {
        if now < self.held.read().next_attempt {
            return;
        }
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else {
            return;
        };
        let issuer = Arc::clone(self);
        tokio::spawn(async move {
            issuer.read_and_tell().await;
            drop(turn);
        });
    }

    /// Reads the keys for a token with an unknown key, unless that was done a moment ago.
    async fn read_for_unknown(&self, id: Option<&str>, fresh: bool) {
        let _turn = self.turn.lock().await;
        let now = self.time.now();
        {
            let held = self.held.read();
            let learnt = held.keys.get(id).is_some() && now < held.fresh_until;
            if learnt || now < held.next_attempt {
                return;
            }
        }
        self.read_and_tell().await;
        if fresh {
            let mut held = self.held.write();
            held.next_attempt = held.next_attempt.max(later(now, PAUSE));
        }
    }

    async fn read_and_tell(&self) {
        if let Err(error) = self.read().await {
            let issuer = &self.name;
            tracing::warn!(issuer, %error, "failed to refresh the issuer's keys; the previous ones remain valid for a day");
        }
    }

    /// The caller must hold the turn.
    async fn read(&self) -> Result<(), String> {
        let fetched = self.fetch().await;
        let fetched = fetched.and_then(|fetched| {
            let keys = KeySet::read(&fetched.bytes).map_err(|error| error.to_string())?;
            Ok((fetched, keys))
        });
        let now = self.time.now();
        let mut held = self.held.write();
        let (fetched, keys) = match fetched {
            Ok(read) => read,
            Err(error) => {
                held.next_attempt = later(now, PAUSE);
                held.failed = true;
                return Err(error);
            }
        };
        let age = fetched.max_age.and_then(|age| age.try_into().ok());
        let age = age.unwrap_or(FRESH).clamp(PAUSE, FRESH);
        held.failed = false;
        held.fresh_until = later(now, age);
        held.believed_until = match self.source {
            KeySource::Fixed(_) => Timestamp::MAX,
            _ => later(now, STALE),
        };
        if held.text != fetched.bytes {
            held.text = fetched.bytes;
            held.keys = Arc::new(keys);
            held.state += 1;
        }
        Ok(())
    }

    async fn fetch(&self) -> Result<Fetched, String> {
        match &self.source {
            KeySource::Fixed(text) => Ok(Fetched {
                bytes: text.clone(),
                max_age: None,
            }),
            KeySource::File(path) => {
                let told = |error: std::io::Error| format!("{}: {error}", path.display());
                let path = path.clone();
                let read =
                    tokio::task::spawn_blocking(move || looks::contents(&path, LARGEST)).await;
                let bytes = read.map_err(|error| error.to_string())?.map_err(told)?;
                Ok(Fetched {
                    bytes: bytes.into(),
                    // Reading a file costs next to nothing.
                    max_age: Some(Duration::ZERO),
                })
            }
            KeySource::Address(address) => self.get(address).await,
            KeySource::Discovered => {
                let address = discovery_address(&self.name);
                let description = self.get(&address?).await?;
                let description: Discovery = serde_json::from_slice(&description.bytes)
                    .map_err(|_| "what the issuer publishes of itself cannot be read".to_owned())?;
                if description.issuer != self.name {
                    return Err("the issuer calls itself by another name there".to_owned());
                }
                let address = trusted_address(&description.jwks_uri);
                let address = address.ok_or("the issuer's keys are not at an https address")?;
                self.get(&address).await
            }
        }
    }

    async fn get(&self, address: &Uri) -> Result<Fetched, String> {
        let http = self.http.as_ref().ok_or("nothing is fetched here")?;
        let fetched = http.get(address).await;
        fetched.map_err(|error| format!("{address}: {error}"))
    }
}

/// The URL of the issuer's discovery document.
pub(super) fn discovery_address(issuer: &str) -> Result<Uri, String> {
    let path = ".well-known/openid-configuration";
    let address = format!("{}/{path}", issuer.trim_end_matches('/'));
    trusted_address(&address).ok_or_else(|| "the issuer is not an https address".to_owned())
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
