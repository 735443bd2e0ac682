//! Tokens: whom they name, and which are refused.

use threadline_domain::UserId;

use super::super::{Mint, Role, Roles, Subject};
use super::*;

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
    assert_eq!(named("\u{200b}\u{202e}".into(), Value::Null).await, None);
    assert_eq!(named("Ann\u{2028}\u{202e}gnE".into(), Value::Null).await.as_deref(), Some("AnngnE"));
    assert_eq!(named("x".repeat(500).into(), Value::Null).await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_name_that_no_text_can_hold_is_left_out() {
    let claims = format!(r#"{{"exp":{},"sub":"ann","name":"Ann \ud83d","preferred_username":"ann@b"}}"#, now_s() + 9);
    let body = URL_SAFE_NO_PAD.encode(claims);
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let key = PKey::hmac(&SECRET).unwrap();
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha256(), &key).unwrap();
    let signature = signer.sign_oneshot_to_vec(format!("{head}.{body}").as_bytes()).unwrap();
    let token = format!("{head}.{body}.{}", URL_SAFE_NO_PAD.encode(signature));
    let identity = secret_auth().verify(&token).await.unwrap();
    assert_eq!((identity.actor.as_str(), identity.name.as_deref()), ("ann", Some("ann@b")));
}

#[tokio::test]
async fn users_may_be_numbered() {
    let token = with_secret(&json!({"exp": now_s() + 9, "sub": 12_345_678_901_234_567_890_u64}));
    assert_eq!(secret_auth().verify(&token).await.unwrap().actor.as_str(), "12345678901234567890");
}

#[tokio::test]
async fn each_key_is_for_the_algorithm_that_it_names_or_the_usual_one() {
    let signers = [
        Signer::rsa("rsa"),
        Signer::rsa_for("rs384", Algorithm::RS384),
        Signer::rsa_for("rs512", Algorithm::RS512),
        Signer::rsa_for("ps256", Algorithm::PS256),
        Signer::elliptic("es256"),
        Signer::on_curve("es384", Nid::SECP384R1, "P-384", Algorithm::ES384, 48),
        Signer::ed25519("ed"),
    ];
    let provider = Provider::start(signers.iter().map(|signer| signer.jwk.clone()).collect()).await;
    let auth = provider.auth(60_000);
    for signer in &signers {
        let identity = auth.verify(&signer.sign(&claims())).await;
        assert_eq!(identity.map(|identity| identity.actor.as_str().to_owned()), Ok("ann".into()), "{}", signer.kid);
    }
    for (at, algorithm) in [(0, Algorithm::RS512), (0, Algorithm::PS256), (2, Algorithm::RS256), (3, Algorithm::RS256)]
    {
        let signer = &signers[at];
        let token = jsonwebtoken::encode(
            &Header { kid: Some(signer.kid.into()), ..Header::new(algorithm) },
            &claims(),
            &signer.key,
        );
        let refused = auth.verify(&token.unwrap()).await;
        assert!(matches!(refused, Err(AuthError::Refused(_))), "{algorithm:?} with the key {}", signer.kid);
    }
}

#[tokio::test]
async fn a_token_without_a_key_id_means_its_issuers_only_key() {
    let (only, other) = (Signer::rsa("r"), Signer::rsa("r"));
    let unnamed = |signer: &Signer| signer.sign_as(&claims(), |header| header.kid = None);
    let provider = Provider::start(vec![only.jwk.clone(), json!({"kty": "oct", "k": "AAAA"})]).await;
    let auth = provider.auth(60_000);
    assert!(auth.verify(&unnamed(&only)).await.is_ok());
    assert!(auth.verify(&unnamed(&other)).await.is_err());
    assert_eq!(provider.fetches(), 1);

    let mut nameless = only.jwk.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    let auth = Provider::start(vec![nameless]).await.auth(60_000);
    assert!(auth.verify(&unnamed(&only)).await.is_ok());
    assert!(auth.verify(&only.sign(&claims())).await.is_ok());
    assert!(auth.verify(&other.sign(&claims())).await.is_err());
}

/// Claims that a token signed with the right key must not have.
fn wrong_claims() -> impl Iterator<Item = (&'static str, Value)> {
    [
        ("wrong aud", claims_with("aud", json!("other"))),
        ("no aud", claims_with("aud", Value::Null)),
        ("wrong iss", claims_with("iss", json!("https://evil.example.org/"))),
        ("iss suffix", claims_with("iss", json!(format!("{ISSUER}x")))),
        ("no iss", claims_with("iss", Value::Null)),
        ("nbf in the future", claims_with("nbf", json!(now_s() + 600))),
        ("nbf is text", claims_with("nbf", json!("soon"))),
        ("no exp", claims_with("exp", Value::Null)),
        ("exp is text", claims_with("exp", json!("9999999999"))),
        ("exp is negative", claims_with("exp", json!(-1))),
        ("no user", claims_with("sub", Value::Null)),
        ("empty user", claims_with("sub", json!(""))),
        ("user with a line feed", claims_with("sub", json!("ann\nben"))),
        ("user that looks like a service", claims_with("sub", json!("service:backend"))),
        ("a service without a name", json!({"iss": ISSUER, "aud": AUDIENCE, "exp": now_s() + 9, "roles": "service"})),
        (
            "a service with a blank name",
            json!({"iss": ISSUER, "aud": AUDIENCE, "exp": now_s() + 9, "roles": ["service"], "sub": "back end"}),
        ),
        ("user is a fraction", claims_with("sub", json!(7.5))),
        ("user is negative", claims_with("sub", json!(-7))),
        ("user is a list", claims_with("sub", json!(["ann"]))),
        ("too long", claims_with("filler", json!("x".repeat(9_000)))),
    ]
    .into_iter()
}

#[tokio::test]
async fn the_corpus_of_bad_tokens_is_refused() {
    let (rsa, stranger) = (Signer::rsa("r"), Signer::rsa("r"));
    let second = Signer::elliptic("e");
    let provider = Provider::start(vec![rsa.jwk.clone(), second.jwk.clone()]).await;
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
        ("expired and another key", stranger.sign(&claims_with("exp", json!(now_s() - 60)))),
        ("a changed body", other(json!({"alg": "RS256", "kid": "r"}), claims_with("sub", json!("eve")))),
        ("a key of its own", other(json!({"alg": "RS256", "kid": "r", "jwk": stranger.jwk}), claims())),
        ("no signature", format!("{head}.{body}.")),
        ("no kid", jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims(), &rsa.key).unwrap()),
        ("unknown kid", Signer { kid: "x", ..Signer::rsa("x") }.sign(&claims())),
        ("empty", String::new()),
        ("garbage", "garbage".into()),
        ("dots", "..".into()),
        ("more dots", format!("{good}.x")),
        ("not UTF-8 inside", format!("{}.{}.x", URL_SAFE_NO_PAD.encode([0xff]), URL_SAFE_NO_PAD.encode([0xff]))),
        ("an unknown crit", rsa.sign_as(&claims(), |header| header.crit = Some(vec!["b64".into()]))),
        ("an empty crit", rsa.sign_as(&claims(), |header| header.crit = Some(vec![]))),
    ];
    let wrong_claims = wrong_claims().map(|(name, claims)| (name, rsa.sign(&claims)));
    for (name, token) in corpus.into_iter().chain(wrong_claims) {
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
