//! Nonsense in every part of every operation is the caller's fault, and is told as a problem.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use threadline_tests::token::token;
use uuid::Uuid;

use super::App;

const TRIES: usize = 40;

/// Things that may stand in a path or a query.
const TEXTS: [&str; 16] = [
    "",
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "null",
    "%00",
    "%ff",
    "%F0%9F%91%8B",
    "..",
    "a%2Fb",
    "'%3B--",
    "messages:99:1",
    "messages:0:18446744073709551615",
    "x%0D%0AEvil:%201",
];
const PARAMETERS: [&str; 9] =
    ["limit", "before", "after", "around", "after_seq", "cursor", "at_least", "user", "other"];

fn junk(rng: &mut StdRng, depth: usize) -> Value {
    match rng.random_range(0..if depth == 0 { 7 } else { 9 }) {
        0 => json!(null),
        1 => json!(rng.random::<i64>()),
        2 => json!(1e300),
        3 => json!("\u{0}\r\n"),
        4 => json!("x".repeat(rng.random_range(0..12_000))),
        5 => json!(Uuid::now_v7()),
        6 => json!(true),
        7 => (0..rng.random_range(0..4)).map(|_| junk(rng, depth - 1)).collect(),
        _ => object(rng, depth - 1),
    }
}

/// An object with fields that some request has.
fn object(rng: &mut StdRng, depth: usize) -> Value {
    const FIELDS: [&str; 12] = [
        "kind",
        "participants",
        "title",
        "key",
        "metadata",
        "user",
        "role",
        "id",
        "content",
        "reply_to",
        "number",
        "x",
    ];
    let words = [json!("group"), json!("dm"), json!("member"), json!("text"), json!(["bob"]), json!({})];
    let fields = (0..rng.random_range(0..5)).map(|_| {
        let name = FIELDS.choose(rng).expect("some").to_string();
        let value = if rng.random() { junk(rng, depth) } else { words.choose(rng).expect("some").clone() };
        (name, value)
    });
    Value::Object(fields.collect())
}

#[tokio::test]
async fn nonsense_is_never_our_fault() {
    let app = App::start_with(|config| {
        config.http.at_least_wait = Duration::from_millis(50);
        config.rate.burst = 1_000_000;
    })
    .await;
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let thread = app.group(&["ann", "bob"]).await;
    let document: Value = app.http.get(app.at("/openapi.json")).send().await.unwrap().json().await.unwrap();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("a path").keys() {
            for _ in 0..TRIES {
                let mut url = path.clone();
                while let Some((before, rest)) = url.split_once('{') {
                    let (name, after) = rest.split_once('}').expect("a parameter ends");
                    let good = name == "thread" && rng.random_ratio(2, 3);
                    let value = if good { thread.as_str() } else { TEXTS.choose(&mut rng).expect("some") };
                    url = format!("{before}{value}{after}");
                }
                for sign in ["?", "&"].into_iter().take(rng.random_range(0..3)) {
                    let name = PARAMETERS.choose(&mut rng).expect("some");
                    url.extend([sign, name, "=", TEXTS.choose(&mut rng).expect("some")]);
                }
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
                let mut request = app.http.request(method.clone(), app.at(&url)).bearer_auth(token("ann"));
                let body = object(&mut rng, 2);
                if method == Method::POST || method == Method::PUT {
                    request = request.json(&body);
                }
                let answer = request.send().await.expect("the edge answers");
                let (status, kind) = (answer.status().as_u16(), answer.headers().get("content-type").cloned());
                let said = answer.text().await.expect("a body");
                // That the projections are behind a position that there is not yet is as true as can be said of it.
                let fine = status < 500 || said.contains("projections_behind");
                assert!(fine, "{method} {url} {body:.300}: {status} {said}");
                if status >= 400 && path.starts_with("/api/") {
                    assert_eq!(kind.expect("a media type"), "application/problem+json", "{method} {url}: {said}");
                }
            }
        }
    }
}
