//! Keys of an identity provider: unknown, rotated, away.

use super::*;

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
