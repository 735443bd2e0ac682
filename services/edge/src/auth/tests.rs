//! Tokens that must be refused, and keys that change.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use threadline_domain::UserId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Auth, AuthConfig, AuthError, KeySource, Mint, Role, Roles, Subject};
use crate::clock;

const ISSUER: &str = "https://login.example.org/";
const AUDIENCE: &str = "threadline";
const SECRET: [u8; 32] = [7; 32];
/// Fetches that unknown key ids may cause at once.
const BURST: u32 = 3;

/// A signing key of the identity provider.
struct Signer {
    kid: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
    jwk: Value,
}

impl Signer {
    fn rsa(kid: &'static str) -> Self {
        let rsa = Rsa::generate(2_048).unwrap();
        let (n, e) = (URL_SAFE_NO_PAD.encode(rsa.n().to_vec()), URL_SAFE_NO_PAD.encode(rsa.e().to_vec()));
        Self {
            kid,
            algorithm: Algorithm::RS256,
            key: EncodingKey::from_rsa_der(&rsa.private_key_to_der().unwrap()),
            jwk: json!({"kty": "RSA", "use": "sig", "kid": kid, "n": n, "e": e}),
        }
    }

    fn elliptic(kid: &'static str) -> Self {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
        let coordinate = |number: &BigNum| URL_SAFE_NO_PAD.encode(number.to_vec_padded(32).unwrap());
        let jwk = json!({"kty": "EC", "crv": "P-256", "kid": kid, "alg": "ES256",
            "x": coordinate(&x), "y": coordinate(&y)});
        let der = PKey::from_ec_key(key).unwrap().private_key_to_pkcs8().unwrap();
        Self { kid, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(&der), jwk }
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(claims, |_| {})
    }

    fn sign_as(&self, claims: &Value, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header { kid: Some(self.kid.into()), ..Header::new(self.algorithm) };
        change(&mut header);
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }
}

/// The provider's key set on this machine.
struct Provider {
    url: String,
    set: Arc<Mutex<Option<Vec<Value>>>>,
    fetches: Arc<AtomicUsize>,
}

impl Provider {
    async fn start(keys: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = Self {
            url: format!("http://{}/keys", listener.local_addr().unwrap()),
            set: Arc::new(Mutex::new(Some(keys))),
            fetches: Arc::default(),
        };
        let (set, fetches) = (Arc::clone(&provider.set), Arc::clone(&provider.fetches));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                fetches.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4_096];
                let _ = stream.read(&mut head).await;
                let body = set.lock().unwrap().clone().map(|keys| json!({ "keys": keys }).to_string());
                let (status, body) = body.map_or(("503 Away", String::new()), |body| ("200 OK", body));
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        provider
    }

    fn publish(&self, keys: Option<Vec<Value>>) {
        *self.set.lock().unwrap() = keys;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn auth(&self, refetch_ms: u64) -> Auth {
        let mut config = AuthConfig::jwks(&self.url, ISSUER, AUDIENCE);
        config.keys = KeySource::Jwks { url: self.url.clone(), refetch_ms, refetch_burst: BURST };
        Auth::new(&config).unwrap()
    }
}

fn now_s() -> i64 {
    clock::now().millis() / 1_000
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "exp": now_s() + 600, "sub": "ann", "name": "Ann"})
}

/// Some claims, with one changed; null takes it away.
fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(header), part(claims))
}

fn secret_auth() -> Auth {
    Auth::new(&AuthConfig::secret(SECRET)).unwrap()
}

fn with_secret(claims: &Value) -> String {
    jsonwebtoken::encode(&Header::default(), claims, &EncodingKey::from_secret(&SECRET)).unwrap()
}

#[tokio::test]
async fn a_good_token_names_its_user() {
    let (rsa, elliptic) = (Signer::rsa("r"), Signer::elliptic("e"));
    let provider = Provider::start(vec![rsa.jwk.clone(), elliptic.jwk.clone()]).await;
    let auth = provider.auth(60_000);
    for signer in [&rsa, &elliptic] {
        let identity = auth.verify(&signer.sign(&claims())).await.unwrap();
        assert_eq!((identity.actor.as_str(), identity.name.as_deref()), ("ann", Some("Ann")));
        assert!(identity.expires_at.millis() >= (now_s() + 590) * 1_000);
    }
    let several = claims_with("aud", json!(["other", AUDIENCE]));
    assert!(auth.verify(&rsa.sign(&several)).await.is_ok());
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn entra_users_are_named_by_oid_with_tid() {
    let token = |oid: Value, tid: Value| with_secret(&json!({"exp": now_s() + 9, "sub": "s", "oid": oid, "tid": tid}));
    let auth = secret_auth();
    for (oid, tid, expected) in
        [("o".into(), "t".into(), "o"), ("o".into(), Value::Null, "s"), (Value::Null, "t".into(), "s")]
    {
        assert_eq!(auth.verify(&token(oid, tid)).await.unwrap().actor.as_str(), expected);
    }
    let ours = Auth::new(&AuthConfig { tenants: vec!["t".into()], ..AuthConfig::secret(SECRET) }).unwrap();
    assert!(ours.verify(&token("o".into(), "t".into())).await.is_ok());
    for tid in ["x".into(), Value::Null, "T".into()] {
        assert!(ours.verify(&token("o".into(), tid)).await.is_err());
    }
}

#[tokio::test]
async fn names_are_for_display_only() {
    let auth = secret_auth();
    let named = async |name: Value, username: Value| {
        let token = with_secret(&json!({"exp": now_s() + 9, "sub": "s", "name": name, "preferred_username": username}));
        auth.verify(&token).await.unwrap().name.map(|name| name.to_string())
    };
    assert_eq!(named(" A\r\nB ".into(), Value::Null).await.as_deref(), Some("AB"));
    assert_eq!(named("\n".into(), "a@b".into()).await.as_deref(), Some("a@b"));
    assert_eq!(named(json!(5), Value::Null).await, None);
    assert_eq!(named("x".repeat(500).into(), Value::Null).await.unwrap().len(), 100);
}

#[tokio::test]
async fn the_corpus_of_bad_tokens_is_refused() {
    let (rsa, stranger) = (Signer::rsa("r"), Signer::rsa("r"));
    let provider = Provider::start(vec![rsa.jwk.clone()]).await;
    let auth = provider.auth(60_000);
    let good = rsa.sign(&claims());
    let (head, rest) = good.split_once('.').unwrap();
    let (body, signature) = rest.split_once('.').unwrap();

    // The public key as an HMAC secret, in the forms an attacker has it in.
    let modulus = rsa.jwk["n"].as_str().unwrap();
    let as_secret = |secret: &[u8]| {
        let header = Header { kid: Some("r".into()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
    };
    let other = |header: Value, claims: Value| format!("{}{signature}", unsigned(&header, &claims));
    let elliptic = Signer { kid: "r", ..Signer::elliptic("r") };
    let corpus = [
        ("none", unsigned(&json!({"alg": "none", "kid": "r"}), &claims())),
        ("None", unsigned(&json!({"alg": "NONE", "typ": "JWT", "kid": "r"}), &claims())),
        ("HS256 with the modulus", as_secret(&URL_SAFE_NO_PAD.decode(modulus).unwrap())),
        ("HS256 with the modulus as text", as_secret(modulus.as_bytes())),
        ("HS256 with the key as JSON", as_secret(rsa.jwk.to_string().as_bytes())),
        ("ES256 under an RSA key's id", elliptic.sign(&claims())),
        ("RS512", other(json!({"alg": "RS512", "kid": "r"}), claims())),
        ("another key", stranger.sign(&claims())),
        ("a changed body", other(json!({"alg": "RS256", "kid": "r"}), claims_with("sub", json!("eve")))),
        ("a key of its own", other(json!({"alg": "RS256", "kid": "r", "jwk": stranger.jwk}), claims())),
        ("no signature", format!("{head}.{body}.")),
        ("no kid", jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims(), &rsa.key).unwrap()),
        ("unknown kid", Signer { kid: "x", ..Signer::rsa("x") }.sign(&claims())),
        ("wrong aud", rsa.sign(&claims_with("aud", json!("other")))),
        ("no aud", rsa.sign(&claims_with("aud", Value::Null))),
        ("wrong iss", rsa.sign(&claims_with("iss", json!("https://evil.example.org/")))),
        ("iss suffix", rsa.sign(&claims_with("iss", json!(format!("{ISSUER}x"))))),
        ("no iss", rsa.sign(&claims_with("iss", Value::Null))),
        ("nbf in the future", rsa.sign(&claims_with("nbf", json!(now_s() + 600)))),
        ("nbf is text", rsa.sign(&claims_with("nbf", json!("soon")))),
        ("expired and another key", stranger.sign(&claims_with("exp", json!(now_s() - 60)))),
        ("no exp", rsa.sign(&claims_with("exp", Value::Null))),
        ("exp is text", rsa.sign(&claims_with("exp", json!("9999999999")))),
        ("exp is negative", rsa.sign(&claims_with("exp", json!(-1)))),
        ("no user", rsa.sign(&claims_with("sub", Value::Null))),
        ("empty user", rsa.sign(&claims_with("sub", json!("")))),
        ("user with a line feed", rsa.sign(&claims_with("sub", json!("ann\nben")))),
        ("user that looks like a service", rsa.sign(&claims_with("sub", json!("service:backend")))),
        (
            "a service without a name",
            rsa.sign(&json!({"iss": ISSUER, "aud": AUDIENCE, "exp": now_s() + 9, "roles": "service"})),
        ),
        (
            "a service with a blank name",
            rsa.sign(&{
                let mut claims = claims_with("roles", json!(["service"]));
                claims["sub"] = json!("back end");
                claims
            }),
        ),
        ("user is a number", rsa.sign(&claims_with("sub", json!(7)))),
        ("empty", String::new()),
        ("garbage", "garbage".into()),
        ("dots", "..".into()),
        ("more dots", format!("{good}.x")),
        ("not UTF-8 inside", format!("{}.{}.x", URL_SAFE_NO_PAD.encode([0xff]), URL_SAFE_NO_PAD.encode([0xff]))),
        ("an unknown crit", rsa.sign_as(&claims(), |header| header.crit = Some(vec!["b64".into()]))),
        ("an empty crit", rsa.sign_as(&claims(), |header| header.crit = Some(vec![]))),
        ("too long", rsa.sign(&claims_with("filler", json!("x".repeat(9_000))))),
    ];
    for (name, token) in corpus {
        assert!(matches!(auth.verify(&token).await, Err(AuthError::Refused(_))), "{name}");
    }
    let ended = claims_with("exp", json!(now_s() - 60));
    assert_eq!(auth.verify(&rsa.sign(&ended)).await, Err(AuthError::Expired));
    assert!(auth.verify(&good).await.is_ok());
}

#[tokio::test]
async fn tokens_of_a_shared_secret_need_that_secret() {
    let auth = secret_auth();
    let claims = json!({"exp": now_s() + 9, "sub": "ann"});
    assert!(auth.verify(&with_secret(&claims)).await.is_ok());
    let wrong = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(&[8; 32])).unwrap();
    let longer =
        jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims, &EncodingKey::from_secret(&SECRET)).unwrap();
    let none = unsigned(&json!({"alg": "none"}), &claims);
    let late = with_secret(&json!({"exp": now_s() - 60, "sub": "ann"}));
    for token in [wrong, longer, none] {
        assert!(matches!(auth.verify(&token).await, Err(AuthError::Refused(_))));
    }
    assert_eq!(auth.verify(&late).await, Err(AuthError::Expired));
}

/// A token under a key id that nobody has published, from the signed rest of another token.
fn under_unknown_key(n: usize, template: &str) -> String {
    let rest = template.split_once('.').unwrap().1;
    let head = URL_SAFE_NO_PAD.encode(json!({"alg": "ES256", "kid": format!("unknown-{n}")}).to_string());
    format!("{head}.{rest}")
}

#[tokio::test]
async fn ten_thousand_unknown_keys_cause_few_fetches_and_none_is_let_in() {
    let known = Signer::elliptic("known");
    let provider = Provider::start(vec![known.jwk.clone()]).await;
    let auth = Arc::new(provider.auth(60_000));
    assert!(auth.verify(&known.sign(&claims())).await.is_ok());
    let before = provider.fetches();
    let template = Signer::elliptic("x").sign(&claims());
    let tries: Vec<_> = (0..10_000)
        .map(|n| {
            let (auth, token) = (Arc::clone(&auth), under_unknown_key(n, &template));
            tokio::spawn(async move { auth.verify(&token).await })
        })
        .collect();
    for outcome in tries {
        // Refused after a fetch; without one nobody can know, and a good client is told to come back.
        assert!(matches!(outcome.await.unwrap(), Err(AuthError::Refused(_) | AuthError::Unavailable)));
    }
    assert!(provider.fetches() - before <= BURST as usize, "{}", provider.fetches() - before);
    assert!(auth.verify(&known.sign(&claims())).await.is_ok());
}

#[tokio::test]
async fn one_unknown_key_causes_one_fetch_however_often_it_comes() {
    let known = Signer::elliptic("known");
    let provider = Provider::start(vec![known.jwk.clone()]).await;
    let auth = provider.auth(60_000);
    assert!(auth.verify(&known.sign(&claims())).await.is_ok());
    let before = provider.fetches();
    let unknown = under_unknown_key(1, &known.sign(&claims()));
    for _ in 0..100 {
        assert!(matches!(auth.verify(&unknown).await, Err(AuthError::Refused(_))));
    }
    assert_eq!(provider.fetches() - before, 1);
}

#[tokio::test]
async fn an_unknown_key_keeps_no_rotated_one_out() {
    let (old, new) = (Signer::elliptic("old"), Signer::elliptic("new"));
    let provider = Provider::start(vec![old.jwk.clone()]).await;
    let auth = provider.auth(60_000);
    assert!(auth.verify(&old.sign(&claims())).await.is_ok());
    assert!(auth.verify(&under_unknown_key(1, &old.sign(&claims()))).await.is_err());
    provider.publish(Some(vec![new.jwk.clone()]));
    assert!(auth.verify(&new.sign(&claims())).await.is_ok());
}

#[tokio::test]
async fn a_flood_of_unknown_keys_delays_a_rotated_one_by_no_more_than_the_pause() {
    const PAUSE_MS: u64 = 300;
    let (old, new) = (Signer::elliptic("old"), Signer::elliptic("new"));
    let provider = Provider::start(vec![old.jwk.clone()]).await;
    let auth = provider.auth(PAUSE_MS);
    assert!(auth.verify(&old.sign(&claims())).await.is_ok());
    let template = old.sign(&claims());
    let mut unknown = 0;
    // Until no fetch is left.
    loop {
        unknown += 1;
        if auth.verify(&under_unknown_key(unknown, &template)).await == Err(AuthError::Unavailable) {
            break;
        }
    }
    provider.publish(Some(vec![new.jwk.clone()]));
    let token = new.sign(&claims());
    let rotated_at = std::time::Instant::now();
    loop {
        unknown += 1;
        let _ = auth.verify(&under_unknown_key(unknown, &template)).await;
        match auth.verify(&token).await {
            Ok(_) => break,
            // Never said to be bad: its holder is to try again.
            Err(error) => assert_eq!(error, AuthError::Unavailable),
        }
        assert!(rotated_at.elapsed().as_secs() < 20, "the rotated key stays out");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_who_need_the_first_fetch_share_it() {
    let known = Signer::elliptic("known");
    let provider = Provider::start(vec![known.jwk.clone()]).await;
    let auth = Arc::new(provider.auth(60_000));
    let token = known.sign(&claims());
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let (auth, token) = (Arc::clone(&auth), token.clone());
            tokio::spawn(async move { auth.verify(&token).await })
        })
        .collect();
    for outcome in tries {
        assert!(outcome.await.unwrap().is_ok());
    }
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn new_keys_are_taken_and_old_ones_go_without_a_restart() {
    let (old, new) = (Signer::elliptic("old"), Signer::elliptic("new"));
    let provider = Provider::start(vec![old.jwk.clone()]).await;
    let auth = provider.auth(0);
    assert!(auth.verify(&old.sign(&claims())).await.is_ok());
    provider.publish(Some(vec![new.jwk.clone()]));
    assert!(auth.verify(&new.sign(&claims())).await.is_ok());
    assert!(auth.verify(&old.sign(&claims())).await.is_err());
}

#[tokio::test]
async fn the_last_good_keys_survive_an_outage() {
    let (known, new) = (Signer::elliptic("known"), Signer::elliptic("new"));
    let provider = Provider::start(vec![known.jwk.clone()]).await;
    let auth = provider.auth(0);
    assert!(auth.verify(&known.sign(&claims())).await.is_ok());
    for outage in [None, Some(vec![]), Some(vec![json!({"kty": "oct", "kid": "new", "k": "AAAA"})])] {
        provider.publish(outage);
        assert!(matches!(auth.verify(&new.sign(&claims())).await, Err(AuthError::Refused(_))));
        assert!(auth.verify(&known.sign(&claims())).await.is_ok());
    }
    provider.publish(Some(vec![new.jwk.clone(), known.jwk.clone()]));
    assert!(auth.verify(&new.sign(&claims())).await.is_ok());
}

#[tokio::test]
async fn without_ever_a_key_set_it_is_not_the_tokens_fault() {
    let known = Signer::elliptic("known");
    let provider = Provider::start(vec![]).await;
    provider.publish(None);
    let auth = provider.auth(0);
    assert_eq!(auth.verify(&known.sign(&claims())).await, Err(AuthError::Unavailable));
    provider.publish(Some(vec![known.jwk.clone()]));
    assert!(auth.verify(&known.sign(&claims())).await.is_ok());
}

#[test]
fn settings_that_would_let_strangers_in_stop_the_start() {
    assert!(Auth::new(&AuthConfig::secret("short")).is_err());
    assert!(Auth::new(&AuthConfig::jwks("http://login.example.org/keys", ISSUER, AUDIENCE)).is_err());
    assert!(Auth::new(&AuthConfig::jwks("not a url", ISSUER, AUDIENCE)).is_err());
    let open = AuthConfig { issuer: None, ..AuthConfig::jwks("https://login.example.org/keys", ISSUER, AUDIENCE) };
    assert!(Auth::new(&open).is_err());
}

#[tokio::test]
async fn roles_come_from_their_claim_and_a_service_is_no_user() {
    let auth = secret_auth();
    let claims = |roles: Value| json!({"exp": now_s() + 9, "sub": "backend", "oid": "o", "tid": "t", "roles": roles});
    let person = auth.verify(&with_secret(&claims(json!("mediator admin")))).await.unwrap();
    assert_eq!(person.user().map(UserId::as_str), Some("o"));
    assert!(person.roles.contains(Role::Mediator) && person.roles.contains(Role::Admin));
    assert!(!person.roles.contains(Role::Moderator));
    let service = auth.verify(&with_secret(&claims(json!(["service"])))).await.unwrap();
    assert_eq!((service.actor.as_str(), service.user()), ("service:backend", None));

    let other = Auth::new(&AuthConfig { roles_claim: "app_roles".into(), ..AuthConfig::secret(SECRET) }).unwrap();
    let mut both = claims(json!(["service"]));
    both["app_roles"] = json!(["moderator"]);
    let identity = other.verify(&with_secret(&both)).await.unwrap();
    assert_eq!((identity.actor.as_str(), identity.roles), ("o", [Role::Moderator].into_iter().collect()));
}

#[tokio::test]
async fn a_minted_token_says_what_it_was_asked_to() {
    let config = AuthConfig { roles_claim: "https://example.org/roles".into(), ..AuthConfig::secret(SECRET) };
    let (mint, auth) = (Mint::new(&config).unwrap(), Auth::new(&config).unwrap());
    let identity = async |roles: &[Role]| {
        let subject = Subject { id: "shop", name: Some("Shop"), roles };
        auth.verify(&mint.token(subject, clock::now(), 60).unwrap().token).await.unwrap()
    };
    let service = identity(&[Role::Service, Role::Admin]).await;
    assert_eq!((service.actor.as_str(), service.name.as_deref()), ("service:shop", Some("Shop")));
    assert!(service.roles.contains(Role::Admin));
    let person = identity(&[]).await;
    assert_eq!((person.actor.as_str(), person.roles), ("shop", Roles::default()));
}
