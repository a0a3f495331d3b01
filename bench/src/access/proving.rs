//! How long it takes to know a caller by its token, without the call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use redress::{
    api::auth::{Authentication, KeySource, TrustedIssuer},
    time_source::{Stopwatch, SystemTime, TimeSource as _},
};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::rsa::Key;
use crate::error::BenchError;

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "redress";
/// How often each of those that were verified is looked up.
const LOOK_UPS: u32 = 20;

/// A service's way of knowing callers, and tokens by which it knows them.
pub(super) struct Proving {
    key: Key,
    tokens: usize,
    /// So that no token is made twice.
    next: AtomicUsize,
}

impl Proving {
    pub(super) async fn prepare(tokens: usize) -> Result<Arc<Proving>, BenchError> {
        let key = spawn_blocking(Key::make).await??;
        Ok(Arc::new(Proving {
            key,
            tokens,
            next: AtomicUsize::new(0),
        }))
    }

    /// How long one call takes to be known: by a token that was verified before, and by a new one.
    pub(super) async fn measure(self: &Arc<Self>) -> Result<(Duration, Duration), BenchError> {
        let proving = Arc::clone(self);
        let headers = spawn_blocking(move || proving.headers()).await??;
        let issuer = TrustedIssuer {
            issuer: ISSUER.to_owned(),
            audience: AUDIENCE.to_owned(),
            keys: KeySource::Fixed(self.key.published().into()),
        };
        let known = Authentication::by_tokens(vec![issuer], Arc::new(SystemTime)).await;
        let known = known.map_err(|error| BenchError::Proof(error.to_string()))?;
        let new = look(&known, &headers, 1).await?;
        let verified = look(&known, &headers, LOOK_UPS).await?;
        Ok((verified, new))
    }

    /// Calls with new tokens, such as an issuer gives to advisers.
    fn headers(&self) -> Result<Vec<HeaderMap>, BenchError> {
        let now = SystemTime.now().as_second();
        let header = |_| {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let token = self.key.sign(&json!({
                "iss": ISSUER,
                "aud": AUDIENCE,
                "sub": format!("adviser {number}"),
                "iat": now,
                "exp": now + 3_600,
                "jti": uuid::Uuid::new_v4().to_string(),
                "azp": "contact-centre",
                "scope": "openid profile email",
                "roles": ["adviser"],
                "brands": ["*"],
            }))?;
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            let value = value.map_err(|error| BenchError::Proof(error.to_string()))?;
            Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        (0..self.tokens).map(header).collect()
    }
}

async fn look(
    known: &Authentication,
    headers: &[HeaderMap],
    times: u32,
) -> Result<Duration, BenchError> {
    let watch = Stopwatch::start();
    for _ in 0..times {
        for headers in headers {
            if !known.knows(headers).await {
                return Err(BenchError::Proof("a token proves nobody".to_owned()));
            }
        }
    }
    let looked = u32::try_from(headers.len()).unwrap_or(u32::MAX) * times;
    Ok(watch.elapsed() / looked.max(1))
}
