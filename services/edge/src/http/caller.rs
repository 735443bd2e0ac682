//! Who calls.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::{header, request::Parts};
use threadline_domain::thread::{Action, Command};
use threadline_domain::{Actor, ThreadId, UserId};
use threadline_wire::ErrorCode;

use super::answers::Slot;
use crate::auth::{Identity, Roles};
use crate::clock;
use crate::commands::{CommandResult, Refused};
use crate::error::Problem;
use crate::rate::cost::{self, Answer};
use crate::sealing;
use crate::state::Edge;
use crate::trace::Trace;

/// Whom the request's token names, within the rate: a person, or with `Caller<Actor>` a service too.
pub(super) struct Caller<W = UserId> {
    who: W,
    roles: Roles,
    trace: Trace,
}

/// Whom a call is for.
pub(super) trait Who: Sized {
    fn of(actor: Actor) -> Result<Self, Problem>;

    fn actor(&self) -> Actor;
}

impl Who for Actor {
    fn of(actor: Actor) -> Result<Self, Problem> {
        Ok(actor)
    }

    fn actor(&self) -> Actor {
        self.clone()
    }
}

impl Who for UserId {
    fn of(actor: Actor) -> Result<Self, Problem> {
        match actor {
            Actor::User(user) => Ok(user),
            Actor::Service(_) => {
                Err(Problem::new(ErrorCode::Forbidden, "this call is for people: a service has no threads of its own"))
            }
        }
    }

    fn actor(&self) -> Actor {
        self.clone().into()
    }
}

impl Caller {
    pub(super) fn user(&self) -> &UserId {
        &self.who
    }
}

impl Caller<Actor> {
    /// The caller, unless it is a service.
    pub(super) fn user(&self) -> Option<&UserId> {
        self.who.user()
    }
}

impl<W: Who> Caller<W> {
    pub(super) fn actor(&self) -> Actor {
        self.who.actor()
    }

    pub(super) fn roles(&self) -> Roles {
        self.roles
    }

    /// Asks this of a thread, now, and waits for the outcome.
    pub(super) async fn execute(
        &self,
        edge: &Edge,
        thread: ThreadId,
        action: Action,
    ) -> Result<CommandResult, Problem> {
        let mut command = Command { thread, actor: self.actor(), at: clock::now(), action };
        sealing::seal(&edge.keyring, &mut command).await.map_err(Refused::from)?;
        let result = edge.aggregates.threads.execute(command, Some(self.trace.header())).await?;
        let event = match result.event {
            Some(event) => Some(sealing::open_event(&edge.keyring, event).await?),
            None => None,
        };
        Ok(CommandResult { event, ..result })
    }
}

impl<W: Who> FromRequestParts<Arc<Edge>> for Caller<W> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, edge: &Arc<Edge>) -> Result<Self, Problem> {
        let identity = edge.auth.verify(token(parts)?).await?;
        admit(parts, edge, &identity).await?;
        edge.record_display_name(&identity);
        let trace = parts.extensions.get::<Trace>().copied().unwrap_or_else(|| Trace::enter(None));
        Ok(Self { who: W::of(identity.actor)?, roles: identity.roles, trace })
    }
}

fn token(parts: &Parts) -> Result<&str, Problem> {
    let missing = || Problem::new(ErrorCode::Unauthenticated, "no bearer token in the Authorization header");
    let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    Ok(token.trim())
}

/// Takes what the route costs, and for a large answer its room, before anything is read for it.
async fn admit(parts: &Parts, edge: &Edge, identity: &Identity) -> Result<(), Problem> {
    let route = parts.extensions.get::<MatchedPath>().and_then(|path| cost::of_route(&parts.method, path.as_str()));
    let tokens = route.map_or(cost::LEAST, |cost| cost.tokens(parts.uri.query(), &parts.headers));
    edge.rate.take_as(&identity.actor, tokens).map_err(Problem::rate_limited)?;
    let Some(slot) = parts.extensions.get::<Slot>() else { return Ok(()) };
    slot.set_caller(&identity.actor);
    if route.is_some_and(|cost| cost.answer == Answer::Large) {
        slot.reserve(&edge.answers, edge.config.http.page_bytes_max).await?;
    }
    Ok(())
}
