//! The web page at `/`: what is served of a folder, how, and what stands there without one.

use std::fs;
use std::path::{Path, PathBuf};

use reqwest::{Method, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::App;

const SCRIPT: &str = "/assets/index-4f2a.js";
const SECRET: &str = "nobody may read this";

/// A built page beside a secret, removed at the end.
struct Built(PathBuf);

impl Built {
    fn new() -> Self {
        let place = std::env::temp_dir().join(format!("threadline-page-{}", Uuid::now_v7()));
        let page = place.join("dist");
        fs::create_dir_all(page.join("assets")).expect("the temporary directory can be written");
        let write = |name: &str, text: &str| fs::write(page.join(name), text).expect("a file can be written");
        write("index.html", "<!doctype html><title>Chat</title>");
        write("icon.svg", "<svg/>");
        write(".env", SECRET);
        write(&SCRIPT[1..], "console.log('plain')");
        write(&format!("{}.gz", &SCRIPT[1..]), "as if compressed");
        fs::write(place.join("secret"), SECRET).expect("a file can be written");
        std::os::unix::fs::symlink(place.join("secret"), page.join("link")).expect("a link can be made");
        Self(place)
    }

    fn page(&self) -> PathBuf {
        self.0.join("dist")
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn app(folder: &Path) -> App {
    App::start_with(|config| folder.clone_into(&mut config.web_dir)).await
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers().get(name).and_then(|value| value.to_str().ok())
}

/// A strict page: nothing from elsewhere, nothing inline, framed by nobody, known by its type.
#[track_caller]
fn is_strict(answer: &Response) {
    let policy = header(answer, "content-security-policy").expect("a policy");
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(directives.contains(&directive), "{directive} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(header(answer, name), Some(expected), "{name}");
    }
    assert!(header(answer, "permissions-policy").is_some_and(|policy| policy.contains("camera=()")));
}

#[tokio::test]
async fn the_page_is_served_with_strict_headers() {
    let built = Built::new();
    let app = app(&built.page()).await;
    for (path, kind, cache) in [
        ("/", "text/html; charset=utf-8", "no-cache"),
        ("/index.html", "text/html; charset=utf-8", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
        (SCRIPT, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ] {
        let answer = app.call(Method::GET, path, &[]).await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!((header(&answer, "content-type"), header(&answer, "cache-control")), (Some(kind), Some(cache)));
        is_strict(&answer);
    }
    let index = app.call(Method::GET, "/", &[]).await.text().await.unwrap();
    assert_eq!(index, "<!doctype html><title>Chat</title>");
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let built = Built::new();
    let app = app(&built.page()).await;
    let first = app.call(Method::GET, "/", &[]).await;
    let tag = header(&first, "etag").expect("a tag").to_owned();
    for tags in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
        let again = app.call(Method::GET, "/", &[("if-none-match", &tags)]).await;
        assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, Some(tag.as_str())), "{tags}");
        is_strict(&again);
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let other = app.call(Method::GET, "/", &[("if-none-match", "\"other\"")]).await;
    assert_eq!(other.status(), 200);
    let head = app.call(Method::HEAD, "/", &[]).await;
    assert_eq!((head.status().as_u16(), header(&head, "content-length")), (200, header(&first, "content-length")));
    is_strict(&head);
}

#[tokio::test]
async fn who_takes_gzip_gets_what_the_build_compressed() {
    let built = Built::new();
    let app = app(&built.page()).await;
    let small = app.call(Method::GET, SCRIPT, &[("accept-encoding", "br, gzip")]).await;
    assert_eq!((header(&small, "content-encoding"), header(&small, "content-length")), (Some("gzip"), Some("16")));
    assert_eq!(header(&small, "content-type"), Some("text/javascript; charset=utf-8"));
    assert!(header(&small, "vary").is_some_and(|vary| vary.contains("Accept-Encoding")));
    let tag = header(&small, "etag").map(str::to_owned);
    assert_eq!(small.text().await.unwrap(), "as if compressed");
    for takes in ["", "identity", "gzip;q=0"] {
        let plain = app.call(Method::GET, SCRIPT, &[("accept-encoding", takes)]).await;
        assert_eq!(header(&plain, "content-encoding"), None, "{takes}");
        assert_ne!(header(&plain, "etag").map(str::to_owned), tag);
        assert_eq!(plain.text().await.unwrap(), "console.log('plain')");
    }
    let uncompressed = app.call(Method::GET, "/icon.svg", &[("accept-encoding", "gzip")]).await;
    assert_eq!(header(&uncompressed, "content-encoding"), None);
}

/// The whole answer to a path sent letter by letter: no client tidies it up.
async fn raw(app: &App, path: &str) -> String {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).await.expect("the edge accepts");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    answer
}

#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let built = Built::new();
    let app = app(&built.page()).await;
    for path in [
        "/../secret",
        "/assets/../../secret",
        "/%2e%2e/secret",
        "/..%2fsecret",
        "/..%5csecret",
        "/assets/..%2f..%2fsecret",
        "//secret",
        "/./index.html",
        "/.env",
        "/%2eenv",
        "/link",
        "/assets",
        "/assets/",
        "/icon.svg%00",
    ] {
        let answer = raw(&app, path).await;
        assert!(!answer.contains(SECRET), "{path}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("application/problem+json"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_problems() {
    let built = Built::new();
    let app = app(&built.page()).await;
    for path in ["/nowhere", "/index", "/api/nowhere", "/assets/index-0000.js"] {
        let answer = app.call(Method::GET, path, &[("accept", "text/html")]).await;
        assert_eq!(
            (answer.status().as_u16(), header(&answer, "content-type")),
            (404, Some("application/problem+json"))
        );
    }
    let answer = app.call(Method::POST, "/", &[]).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "allow")), (405, Some("GET, HEAD")));
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "method_not_allowed");
}

#[tokio::test]
async fn without_a_page_the_edge_says_how_to_get_one() {
    let built = Built::new();
    // One that is not there, and one in which nothing was built.
    for folder in [built.0.join("missing"), built.page().join("assets")] {
        let app = app(&folder).await;
        let answer = app.call(Method::GET, "/", &[]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "cache-control")), (200, Some("no-cache")));
        is_strict(&answer);
        let text = answer.text().await.unwrap();
        for said in ["20.19", "make run", "href=\"docs\"", "missing.css"] {
            assert!(text.contains(said), "{said}");
        }
        assert!(!text.contains("<script") && !text.contains("style="), "it keeps to its own policy");
        let style = app.call(Method::GET, "/missing.css", &[]).await;
        assert_eq!(header(&style, "content-type"), Some("text/css; charset=utf-8"));
    }
}
