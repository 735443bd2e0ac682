//! An identity provider's published keys, cached.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use lru::LruCache;
use serde_json::Value;
use tokio::sync::Mutex;

use super::AuthError;

/// One fetch of the key set, from connecting to its last byte.
const FETCH_MS_MAX: u64 = 5_000;
/// Bytes of a key set.
const SET_BYTES_MAX: usize = 256 * 1024;
/// Keys of a key set; further ones are not looked at.
const KEYS_MAX: usize = 64;
/// A set older than this is fetched anew beside the requests that go on using it, so that a revoked key goes.
const REFRESH_MS: u64 = 600_000;
/// While no set was ever fetched, the time from one try to the next.
const RETRY: Duration = Duration::from_secs(1);
/// Key ids that are remembered as unknown.
const UNKNOWN_MAX: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();
/// Bytes of a key id; longer ones are unknown without a look.
const KID_BYTES_MAX: usize = 512;
/// Bytes of an RSA modulus, as base64url text: 2,048 bits.
const RSA_MODULUS_CHARS_MIN: usize = 342;

/// A key and the family of algorithms that it is for.
pub(super) struct Key {
    pub(super) decoding: DecodingKey,
    /// ES256 if so, else RS256.
    pub(super) elliptic: bool,
}

type KeySet = Arc<HashMap<String, Arc<Key>>>;

/// The cached set. The last good one survives an outage of the provider.
pub(super) struct Jwks {
    client: reqwest::Client,
    url: reqwest::Url,
    cached: RwLock<Cached>,
    /// Held during a fetch, so that there is one at a time.
    refetch: Mutex<Refetch>,
}

#[derive(Default)]
struct Cached {
    set: Option<KeySet>,
    /// When it was fetched.
    at: Option<Instant>,
}

impl Jwks {
    pub(super) fn new(url: &str, refetch_ms: u64, burst: u32) -> Result<Self, String> {
        let url = reqwest::Url::parse(url).map_err(|error| format!("the key set's URL cannot be read: {error}"))?;
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(local && url.scheme() == "http") {
            return Err("the key set's URL must be https: who changes it in transit can sign in as anyone".into());
        }
        let mut client = reqwest::Client::builder()
            .timeout(Duration::from_millis(FETCH_MS_MAX))
            .redirect(reqwest::redirect::Policy::none());
        if local {
            client = client.no_proxy();
        }
        Ok(Self {
            client: client.build().map_err(|error| format!("no HTTP client: {error}"))?,
            url,
            cached: RwLock::default(),
            refetch: Mutex::new(Refetch::new(Duration::from_millis(refetch_ms), burst, Instant::now())),
        })
    }

    /// The key with this id. One that is not in the cached set makes the edge fetch the set again, within bounds.
    ///
    /// An id is refused only after a fetch for it: while there may be none, the token may be good.
    pub(super) async fn key(self: &Arc<Self>, kid: &str) -> Result<Arc<Key>, AuthError> {
        const UNKNOWN: AuthError = AuthError::Refused("the token's key is not one of its issuer's");
        let (set, stale) = self.cached();
        if let Some(key) = set.and_then(|set| set.get(kid).cloned()) {
            if stale {
                let this = Arc::clone(self);
                tokio::spawn(async move { this.refresh().await });
            }
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
            return Ok(Arc::clone(key));
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
        set.get(kid).cloned().ok_or(UNKNOWN)
    }

    fn cached(&self) -> (Option<KeySet>, bool) {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let stale = cached.at.is_some_and(|at| at.elapsed() >= Duration::from_millis(REFRESH_MS));
        (cached.set.clone(), stale)
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
                metrics::counter!("threadline_edge_jwks_fetches_total", "result" => "ok").increment(1);
                tracing::info!(jwks.keys = set.len(), "fetched the identity provider's keys");
                let mut cached = self.cached.write().unwrap_or_else(PoisonError::into_inner);
                *cached = Cached { set: Some(Arc::new(set)), at: Some(Instant::now()) };
            }
            Err(error) => {
                metrics::counter!("threadline_edge_jwks_fetches_total", "result" => "failed").increment(1);
                tracing::warn!(error, "cannot fetch the identity provider's keys; the last good ones stay");
            }
        }
    }

    async fn download(&self) -> Result<HashMap<String, Arc<Key>>, String> {
        let response = self.client.get(self.url.clone()).send().await.map_err(|error| error.to_string())?;
        let mut response = response.error_for_status().map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| error.to_string())? {
            if body.len() + chunk.len() > SET_BYTES_MAX {
                return Err(format!("the key set is larger than {SET_BYTES_MAX} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        let set = read(&body)?;
        if set.is_empty() { Err("the key set has no key for RS256 or ES256".into()) } else { Ok(set) }
    }
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
            return self.began_at.is_none_or(|at| now.duration_since(at) >= RETRY.min(self.pause));
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
fn read(body: &[u8]) -> Result<HashMap<String, Arc<Key>>, String> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(body).map_err(|error| format!("not a key set: {error}"))?;
    let jwks = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(jwks.filter_map(|jwk| Some((jwk.common.key_id.clone()?, Arc::new(usable(&jwk)?)))).collect())
}

/// RSA and P-256 keys for signatures only: a shared secret in a published set would let anyone sign.
fn usable(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let elliptic = match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) if rsa.n.len() >= RSA_MODULUS_CHARS_MIN => false,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => true,
        _ => return None,
    };
    let expected = if elliptic { KeyAlgorithm::ES256 } else { KeyAlgorithm::RS256 };
    if jwk.common.key_algorithm.is_some_and(|algorithm| algorithm != expected) {
        return None;
    }
    Some(Key { decoding: DecodingKey::from_jwk(jwk).ok()?, elliptic })
}
