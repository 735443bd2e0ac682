//! An identity provider's published keys, cached.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use lru::LruCache;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{AuthError, JwksConfig};

use crate::metrics;

/// While no set was ever fetched, the time from one try to the next.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Key ids that are remembered as unknown.
const UNKNOWN_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
/// Bytes of a key id; longer ones are unknown without a look.
const KID_BYTES_MAX: usize = 512;
/// Bytes of an RSA modulus, as base64url text: 2,048 bits.
const RSA_MODULUS_CHARS_MIN: usize = 342;

/// What RSA keys may be for; the first one is meant where a key does not say.
const RSA_ALGORITHMS: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

/// A key and the one algorithm that it is for.
pub(super) struct Key {
    pub(super) decoding: DecodingKey,
    pub(super) algorithm: Algorithm,
}

/// The keys of a set that tokens may be signed with.
#[derive(Default)]
struct KeySet {
    by_id: HashMap<String, Arc<Key>>,
    /// The set's only key, for tokens that name none; with an id, it is in `by_id`, too.
    only: Option<Arc<Key>>,
}

impl KeySet {
    fn get(&self, kid: &str) -> Option<Arc<Key>> {
        // A key without an id is the one that a token means, whatever it calls it.
        let unnamed = || self.only.clone().filter(|_| self.by_id.is_empty());
        self.by_id.get(kid).cloned().or_else(unnamed)
    }

    fn len(&self) -> usize {
        self.by_id.len().max(usize::from(self.only.is_some()))
    }
}

/// The cached set. The last good one survives an outage of the provider.
pub(super) struct Jwks {
    config: JwksConfig,
    client: reqwest::Client,
    url: reqwest::Url,
    cached: RwLock<Cached>,
    /// Held during a fetch, so that there is one at a time.
    refetch: Mutex<Refetch>,
}

#[derive(Default)]
struct Cached {
    set: Option<Arc<KeySet>>,
    /// When it was fetched.
    at: Option<Instant>,
}

impl Jwks {
    pub(super) fn new(config: &JwksConfig) -> Result<Self, String> {
        let url =
            reqwest::Url::parse(&config.url).map_err(|error| format!("the key set's URL cannot be read: {error}"))?;
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(local && url.scheme() == "http") {
            return Err("the key set's URL must be https: who changes it in transit can sign in as anyone".into());
        }
        let mut client =
            reqwest::Client::builder().timeout(config.fetch_timeout).redirect(reqwest::redirect::Policy::none());
        if local {
            client = client.no_proxy();
        }
        Ok(Self {
            config: config.clone(),
            client: client.build().map_err(|error| format!("no HTTP client: {error}"))?,
            url,
            cached: RwLock::default(),
            refetch: Mutex::new(Refetch::new(config.refetch, config.refetch_burst, Instant::now())),
        })
    }

    /// The key with this id. One that is not in the cached set makes the edge fetch the set again, within bounds.
    ///
    /// An id is refused only after a fetch for it: while there may be none, the token may be good.
    pub(super) async fn key(self: &Arc<Self>, kid: &str) -> Result<Arc<Key>, AuthError> {
        const UNKNOWN: AuthError = AuthError::Refused("the token's key is not one of its issuer's");
        let (set, stale) = self.cached();
        if let Some(key) = set.and_then(|set| set.get(kid)) {
            self.refresh_if(stale);
            return Ok(key);
        }
        if kid.len() > KID_BYTES_MAX {
            return Err(UNKNOWN);
        }
        let asked_at = Instant::now();
        let mut refetch = self.refetch.lock().await;
        // Someone else may have fetched the set while this one waited.
        let (set, _) = self.cached();
        if let Some(key) = set.as_ref().and_then(|set| set.get(kid)) {
            return Ok(key);
        }
        if !refetch.covers(kid, asked_at) {
            let now = Instant::now();
            if !refetch.may_begin(set.is_some(), now) {
                return Err(AuthError::Unavailable);
            }
            refetch.begin(now);
            self.fetch().await;
            refetch.note_tried(kid, now);
        }
        let set = self.cached().0.ok_or(AuthError::Unavailable)?;
        set.get(kid).ok_or(UNKNOWN)
    }

    /// The key of a token that names none: the set's only one.
    pub(super) async fn only_key(self: &Arc<Self>) -> Result<Arc<Key>, AuthError> {
        const AMBIGUOUS: AuthError = AuthError::Refused("the token names no key, and its issuer has several");
        let (set, stale) = self.cached();
        if set.is_none() {
            let mut refetch = self.refetch.lock().await;
            let now = Instant::now();
            // Someone else may have fetched it while this one waited.
            if self.cached().0.is_none() && refetch.may_begin(false, now) {
                refetch.begin(now);
                self.fetch().await;
            }
        }
        self.refresh_if(stale);
        let set = self.cached().0.ok_or(AuthError::Unavailable)?;
        set.only.clone().ok_or(AMBIGUOUS)
    }

    fn cached(&self) -> (Option<Arc<KeySet>>, bool) {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let stale = cached.at.is_some_and(|at| at.elapsed() >= self.config.refresh);
        (cached.set.clone(), stale)
    }

    /// Has a stale set fetched beside the request that goes on using it.
    fn refresh_if(self: &Arc<Self>, stale: bool) {
        if stale {
            let this = Arc::clone(self);
            tokio::spawn(async move { this.refresh().await });
        }
    }

    /// Fetches a stale set again, unless someone does already or did within the pause.
    async fn refresh(&self) {
        if let Ok(mut refetch) = self.refetch.try_lock() {
            let now = Instant::now();
            if refetch.may_refresh(now) {
                refetch.begin(now);
                self.fetch().await;
            }
        }
    }

    /// Replaces the cached set, or leaves it and logs why.
    async fn fetch(&self) {
        match self.download().await {
            Ok(set) => {
                metrics::jwks_fetches("ok").increment(1);
                tracing::info!(jwks.keys = set.len(), "fetched the identity provider's keys");
                let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
                *cached = Cached { set: Some(Arc::new(set)), at: Some(Instant::now()) };
            }
            Err(error) => {
                metrics::jwks_fetches("failed").increment(1);
                tracing::warn!(error, "failed to fetch the identity provider's keys: {error}; the last good ones stay");
            }
        }
    }

    async fn download(&self) -> Result<KeySet, String> {
        let response = self.client.get(self.url.clone()).send().await.map_err(told)?;
        let mut response = response.error_for_status().map_err(told)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            let bytes_max = self.config.set_bytes_max;
            if body.len() + chunk.len() > bytes_max {
                return Err(format!("the key set is larger than {bytes_max} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        let set = read(&body, self.config.keys_max)?;
        if set.by_id.is_empty() && set.only.is_none() {
            Err("the key set has no RSA, P-256, P-384 or Ed25519 key that has an id or is the only one".into())
        } else {
            Ok(set)
        }
    }
}

/// A failure with its causes, and without the URL, which may hold a secret.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// When the set may be fetched again because of an unknown key id.
struct Refetch {
    pause: Duration,
    burst: f64,
    /// Fetches that may begin now; gains one in each pause, up to the burst.
    turns: f64,
    filled_at: Instant,
    began_at: Option<Instant>,
    /// The ids for which the set was fetched in vain, and when.
    tried: LruCache<Box<str>, Instant>,
}

impl Refetch {
    fn new(pause: Duration, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { pause, burst, turns: burst, filled_at: now, began_at: None, tried: LruCache::new(UNKNOWN_MAX) }
    }

    /// Whether a fetch has shown already that this id, asked for at this time, is unknown.
    fn covers(&mut self, kid: &str, asked_at: Instant) -> bool {
        self.began_at.is_some_and(|at| at >= asked_at)
            || self.tried.get(kid).is_some_and(|at| at.elapsed() < self.pause)
    }

    /// Takes a turn if there is one. Without a set nothing works at all: then the pause is short.
    fn may_begin(&mut self, has_set: bool, now: Instant) -> bool {
        if !has_set {
            return self.began_at.is_none_or(|at| now.duration_since(at) >= RETRY_PAUSE.min(self.pause));
        }
        self.fill(now);
        let free = self.turns >= 1.0;
        if free {
            self.turns -= 1.0;
        }
        free
    }

    /// Whether a set that is stale may be fetched.
    fn may_refresh(&self, now: Instant) -> bool {
        self.began_at.is_none_or(|at| now.duration_since(at) >= self.pause)
    }

    fn begin(&mut self, now: Instant) {
        self.began_at = Some(now);
    }

    fn note_tried(&mut self, kid: &str, at: Instant) {
        self.tried.put(kid.into(), at);
    }

    fn fill(&mut self, now: Instant) {
        let waited_s = now.duration_since(self.filled_at).as_secs_f64();
        // A pause of zero gives a full bucket at any time.
        let gained = if self.pause.is_zero() { self.burst } else { waited_s / self.pause.as_secs_f64() };
        self.turns = (self.turns + gained).min(self.burst);
        self.filled_at = now;
    }
}

/// Takes what can be used of a key set; keys of other sorts may stand in it.
fn read(body: &[u8], keys_max: usize) -> Result<KeySet, String> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body).map_err(|error| format!("not a key set: {error}"))?;
    let jwks = set.keys.into_iter().take(keys_max).filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let usable: Vec<_> = jwks.filter_map(|jwk| Some((jwk.common.key_id.clone(), Arc::new(usable(&jwk)?)))).collect();
    let only = match usable.as_slice() {
        [(_, key)] => Some(Arc::clone(key)),
        _ => None,
    };
    Ok(KeySet { by_id: usable.into_iter().filter_map(|(id, key)| Some((id?, key))).collect(), only })
}

/// Public keys for signatures only: a shared secret in a published set would let anyone sign. A key is for one algorithm:
/// that of its `alg`, or else the usual one of its kind.
fn usable(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let possible: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= RSA_MODULUS_CHARS_MIN => &RSA_ALGORITHMS,
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => return None,
    };
    let algorithm = match jwk.common.key_algorithm {
        Some(named) => *possible.iter().find(|algorithm| KeyAlgorithm::from(**algorithm) == named)?,
        None => possible[0],
    };
    Some(Key { decoding: DecodingKey::from_jwk(jwk).ok()?, algorithm })
}
