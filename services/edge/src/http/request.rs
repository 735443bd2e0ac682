//! What every request goes through: its trace, its time limit, the headers of its answer, its figures.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use threadline_wire::ErrorCode;
use tracing::Instrument;

use crate::error::Problem;
use crate::metrics;
use crate::origin;
use crate::state::Edge;
use crate::trace::Trace;

/// How long a browser may remember what a page may send, seconds.
const PREFLIGHT_S: &str = "600";

/// Answers a request within its time, in a span of its own.
pub(super) async fn observe(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_name(request.method());
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().into());
    let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let trace = Trace::enter(traceparent);
    request.extensions_mut().insert(trace);
    let page = origin::allowed(&edge.config, request.headers()).and_then(|origin| HeaderValue::from_str(origin).ok());

    let span =
        tracing::info_span!("edge.http.request", http.method = method, http.route = route, trace.id = trace.id());
    let answer = async {
        if is_without_host(&request) {
            return Problem::field("Host", "must stand once in a request of HTTP/1.1").into_response();
        }
        if page.is_some() && is_preflight(&request) {
            return StatusCode::NO_CONTENT.into_response();
        }
        let limit = edge.config.http.request_timeout;
        tokio::time::timeout(limit, next.run(request))
            .await
            .unwrap_or_else(|_| Problem::new(ErrorCode::Timeout, "no answer in time").into_response())
    };
    let mut response = answer.instrument(span.clone()).await;
    finish(response.headers_mut(), page);

    let took = began.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::debug!(http.status = status, http.took_ms = took.as_millis() as u64, "answered"));
    metrics::http_requests(method, route.clone(), status.to_string()).increment(1);
    metrics::http_request_seconds(method, route).record(took.as_secs_f64());
    response
}

/// One of a few names, so that clients cannot invent values of a metric's label.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// RFC 9112, section 3.2: such a request is answered with 400.
fn is_without_host(request: &Request) -> bool {
    request.version() == Version::HTTP_11 && request.headers().get_all(header::HOST).iter().count() != 1
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Nothing of ours is for caches, frames or guessing; an allowed page may read it.
fn finish(headers: &mut HeaderMap, page: Option<HeaderValue>) {
    let mut set = |name, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CACHE_CONTROL, "no-store");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(header::VARY, "Origin");
    if let Some(origin) = page {
        set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, DELETE");
        set(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Idempotency-Key, traceparent");
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After");
        set(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_S);
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}
