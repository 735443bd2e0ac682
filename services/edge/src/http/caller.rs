//! Who calls.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use threadline_domain::thread::{Action, Command};
use threadline_domain::{ThreadId, UserId};
use threadline_wire::ErrorCode;

use crate::auth::Identity;
use crate::clock;
use crate::commands::Settled;
use crate::error::Problem;
use crate::state::Edge;
use crate::trace::Trace;

/// The user named by the request's token, within the user's rate.
pub(super) struct Caller {
    identity: Identity,
    trace: Trace,
}

impl Caller {
    pub(super) fn user(&self) -> &UserId {
        &self.identity.user
    }

    /// Asks this of a thread, now, and waits for the outcome.
    pub(super) async fn execute(&self, edge: &Edge, thread: ThreadId, action: Action) -> Result<Settled, Problem> {
        let command = Command { thread, actor: self.user().clone().into(), at: clock::now(), action };
        Ok(edge.commands.execute(command, Some(self.trace.header())).await?)
    }
}

impl FromRequestParts<Arc<Edge>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let missing = || Problem::new(ErrorCode::Unauthenticated, "no bearer token in the Authorization header");
        let value =
            parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
        let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing());
        }
        let identity = edge.auth.verify(token.trim()).await?;
        edge.rate.take(&identity.user, 1).map_err(Problem::rate_limited)?;
        edge.greet(&identity);
        let trace = parts.extensions.get::<Trace>().copied().unwrap_or_else(|| Trace::enter(None));
        Ok(Self { identity, trace })
    }
}
