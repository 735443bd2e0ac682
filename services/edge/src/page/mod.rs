//! The web page at `/`, for people: the built files of a folder, or a word about how to get them.

mod files;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use threadline_wire::ErrorCode;

use crate::config::EdgeConfig;
use crate::error::Problem;
use crate::proxy::ProxyConfig;
use files::{File, Files};

/// A page that can load and reach nothing but its own edge, be framed by nobody, and make no markup from text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";
const PERMISSIONS: &str = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
/// What the build names by its content: another content has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const NAMED_BY_CONTENT: &str = "/assets/";

/// The page's files, read once: a request reaches nothing else, whatever its path says.
#[derive(Clone)]
pub(crate) struct Page(Arc<Site>);

struct Site {
    files: Files,
    proxy: ProxyConfig,
}

impl Page {
    /// The files of this folder; without a page in it, a built-in one that says how to get it.
    pub(crate) fn of(config: &EdgeConfig) -> Self {
        let (folder, proxy) = (&config.web_dir, &config.proxy);
        let files = match Files::read(folder, config.web_bytes_max, config.web_files_max) {
            Ok(files) => files,
            Err(reason) => {
                tracing::info!(
                    page.folder = %folder.display(),
                    reason,
                    "no web page in {}: {reason}; serving a notice that says how to build it",
                    folder.display()
                );
                Files::built_in()
            }
        };
        Self(Arc::new(Site { files, proxy: proxy.clone() }))
    }
}

/// A file of the page, or a problem: what no other route knows comes here.
pub(crate) async fn serve(State(Page(site)): State<Page>, request: Request) -> Response {
    let path = match request.uri().path() {
        "/" => "/index.html",
        path => path,
    };
    match site.files.get(path) {
        None if site.proxy.is_bare_prefix(path) => Redirect::permanent(&format!("{path}/")).into_response(),
        None => Problem::new(ErrorCode::NotFound, "there is no such path").into(),
        Some(file) if request.method() == Method::GET || request.method() == Method::HEAD => {
            show(file, path, request.method(), request.headers())
        }
        Some(_) => {
            let problem = Problem::new(ErrorCode::MethodNotAllowed, "this path has other methods; see Allow");
            ([(header::ALLOW, "GET, HEAD")], problem).into_response()
        }
    }
}

fn show(file: &File, path: &str, method: &Method, asked: &HeaderMap) -> Response {
    let form = file.form_for(asked);
    let mut response = if form.is_known_to(asked) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let body = if method == Method::HEAD { Body::empty() } else { Body::from(form.bytes.clone()) };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
        headers.insert(header::CONTENT_LENGTH, form.bytes.len().into());
        if let Some(encoding) = form.encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    };
    let headers = response.headers_mut();
    let cache = if path.starts_with(NAMED_BY_CONTENT) { FOR_EVER } else { "no-cache" };
    for (name, value) in [
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::VARY, "Accept-Encoding, Origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::ETAG, form.tag.clone());
    response
}
