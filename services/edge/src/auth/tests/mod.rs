//! An identity provider in miniature, and claims, for the tests of tokens and of keys.

mod keys;
mod tokens;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Auth, AuthConfig, AuthError, JwksConfig, KeySource};
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

    /// An RSA key that says which algorithm it is for.
    fn rsa_for(kid: &'static str, algorithm: Algorithm) -> Self {
        let mut signer = Self { algorithm, ..Self::rsa(kid) };
        signer.jwk["alg"] = json!(format!("{algorithm:?}"));
        signer
    }

    fn ed25519(kid: &'static str) -> Self {
        let key = PKey::generate_ed25519().unwrap();
        let x = URL_SAFE_NO_PAD.encode(key.raw_public_key().unwrap());
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x});
        let der = key.private_key_to_pkcs8().unwrap();
        Self { kid, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&der), jwk }
    }

    fn elliptic(kid: &'static str) -> Self {
        Self::on_curve(kid, Nid::X9_62_PRIME256V1, "P-256", Algorithm::ES256, 32)
    }

    fn on_curve(kid: &'static str, curve: Nid, name: &str, algorithm: Algorithm, bytes: i32) -> Self {
        let group = EcGroup::from_curve_name(curve).unwrap();
        let key = EcKey::generate(&group).unwrap();
        let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
        let mut context = BigNumContext::new().unwrap();
        key.public_key().affine_coordinates(&group, &mut x, &mut y, &mut context).unwrap();
        let coordinate = |number: &BigNum| URL_SAFE_NO_PAD.encode(number.to_vec_padded(bytes).unwrap());
        let jwk = json!({"kty": "EC", "crv": name, "kid": kid, "alg": format!("{algorithm:?}"),
            "x": coordinate(&x), "y": coordinate(&y)});
        let der = PKey::from_ec_key(key).unwrap().private_key_to_pkcs8().unwrap();
        Self { kid, algorithm, key: EncodingKey::from_ec_der(&der), jwk }
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
        let refetch = Duration::from_millis(refetch_ms);
        config.keys = KeySource::Jwks(JwksConfig { refetch, refetch_burst: BURST, ..JwksConfig::new(&self.url) });
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
