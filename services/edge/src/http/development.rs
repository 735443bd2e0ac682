//! Signing in without a password, on a development system.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use threadline_wire::{ErrorCode, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::JsonBody;
use crate::auth::{Mint, Subject};
use crate::clock;
use crate::error::Problem;
use crate::headers::only;
use crate::origin;
use crate::proxy::{Peer, ProxyConfig};
use crate::rate::{Bucket, Rate};

/// Tokens that may be asked for each second, by everyone together.
const TOKENS_PER_SECOND: u32 = 20;
/// Tokens that may be asked for at once.
const TOKENS_BURST: u32 = 200;
/// What this machine is called by itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Gives a token to whoever asks.
pub(crate) struct Development {
    mint: Mint,
    /// Whether only this machine can reach us: then a name that others gave it is refused.
    local: bool,
    proxy: ProxyConfig,
    rate: Rate,
    bucket: Mutex<Bucket>,
}

impl Development {
    pub(crate) fn new(mint: Mint, listens_on: IpAddr, proxy: ProxyConfig) -> Self {
        let rate = Rate::new(TOKENS_PER_SECOND, TOKENS_BURST);
        let bucket = Mutex::new(Bucket::full(rate, Instant::now()));
        Self { mint, local: listens_on.is_loopback(), proxy, rate, bucket }
    }

    /// Whether this request may have a token at all. A page that was loaded under a foreign name that leads here has
    /// the same origin as its requests: only the name gives it away.
    fn admit(&self, peer: Option<Peer>, headers: &HeaderMap) -> Result<(), Problem> {
        if self.local && !only(headers, &header::HOST).is_some_and(is_loopback) {
            return Err(Problem::new(ErrorCode::Forbidden, "only localhost, 127.0.0.1 and [::1] are served").at("Host"));
        }
        if headers.contains_key(header::ORIGIN) && !origin::is_own(&self.proxy, peer, headers) {
            return Err(Problem::origin_refused());
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.take(self.rate, 1, Instant::now()).map_err(Problem::rate_limited)
    }
}

fn is_loopback(host: &str) -> bool {
    let port_of = |name| host.strip_prefix(name).map(|rest: &str| rest.strip_prefix(':').unwrap_or(rest));
    LOOPBACK.into_iter().filter_map(port_of).any(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The route with its description; without `development` the description alone.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(development: Option<Development>) -> OpenApiRouter<S> {
    let routes = OpenApiRouter::new().routes(routes!(sign_in));
    match development {
        Some(development) => routes.with_state(Arc::new(development)),
        None => OpenApiRouter::with_openapi(routes.into_openapi()),
    }
}

/// A token for any user. Only on development systems (`edge.development_tokens`), and there only for this machine's own
/// pages and programs; elsewhere there is no such path.
#[utoipa::path(
    post, path = "/api/dev/token", tag = "development",
    request_body = json::SignInBody,
    responses((status = 200, body = json::SignedIn)),
)]
async fn sign_in(State(development): State<Arc<Development>>, request: Request) -> Result<Response, Problem> {
    development.admit(request.extensions().get().copied(), request.headers())?;
    let JsonBody(body) = JsonBody::from_request(request, &()).await?;
    let json::SignIn { user, name, ttl_s } = json::sign_in(&body)?;
    let subject = Subject { id: user.as_str(), name: name.as_deref(), roles: &[] };
    let minted = development.mint.token(subject, clock::now(), ttl_s).map_err(|error| {
        tracing::error!(%error, "failed to sign a development token: {error}");
        Problem::new(ErrorCode::Internal, "the token cannot be signed")
    })?;
    let (token, expires_at) = (minted.token.as_str(), minted.expires_at.into());
    Ok(Json(json::SignedIn { token, user: user.as_str(), name: name.as_deref(), expires_at }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_names_are_loopback() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "localhost.evil.net", "localhost:80.evil.net", "127.0.0.1.evil.net:80", "0.0.0.0", "::1", "a"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
