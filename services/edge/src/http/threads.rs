//! Threads: mine, one, made, changed, archived.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use threadline_domain::thread::{Action, CreateThread, Kind};
use threadline_domain::{Actor, ThreadId, Timestamp, UserId};
use threadline_projections::{ThreadView, ThreadsCursor};
use threadline_wire::{ErrorCode, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{IdempotencyKey, JsonBody};
use super::caller::Caller;
use super::page::{Keep, Rows};
use super::params::Params;
use super::path::{ThreadPath, user_id};
use super::present::{self, Placed};
use crate::auth::Role;
use crate::clock;
use crate::commands::CommandResult;
use crate::error::Problem;
use crate::sealing;
use crate::state::Edge;

/// A page of threads.
#[derive(Serialize, ToSchema)]
pub(super) struct ThreadsPage<'a> {
    /// The threads, latest activity first. Of their members only the first few.
    threads: Vec<json::Thread<'a>>,
    /// The `cursor` of the next page; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// Returns my threads, latest activity first.
#[utoipa::path(
    get, path = "/api/chat/threads", tag = "threads",
    params(
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Threads at most; 50 if absent"),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = ThreadsPage)),
)]
pub(super) async fn list_threads(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    mut params: Params,
) -> Result<Response, Problem> {
    let after = match params.text("cursor")? {
        Some(cursor) => Some(cursor.parse::<PageCursor>().map_err(|NotACursor| bad_cursor())?.0),
        None => None,
    };
    let limit = params.limit()?;
    params.finish_at_least(&edge).await?;
    let mut threads = edge.conversations.threads(caller.user(), after, limit).await?;
    sealing::open_threads(&edge.keyring, &mut threads).await?;
    let page = Rows::fitting(&threads, Keep::First, edge.config.http.page_bytes_max, present::thread)?;
    let last = page.kept.end.checked_sub(1).map(|index| &threads[index]);
    let next = last
        .filter(|_| page.kept.len() < threads.len() || threads.len() == limit as usize)
        .map(|last| PageCursor(ThreadsCursor { active_at: last.active_at, thread: last.id }).to_string());
    Ok(page.into_page("threads", next.as_ref()))
}

/// Creates a thread; returns the dm, or the thread with this key, if it exists.
#[utoipa::path(
    post, path = "/api/chat/threads", tag = "threads",
    request_body = json::CreateThreadBody,
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255,
        description = "Names a new thread without a key: a UUIDv7 is its id, from anything else and the sender it follows")),
    responses(
        (status = 200, description = "It was there", body = inline(Placed<json::Thread>)),
        (status = 201, description = "It is new", body = inline(Placed<json::Thread>)),
    ),
)]
pub(super) async fn create_thread(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    params: Params,
    key: IdempotencyKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let create = json::create_thread(&body)?;
    check_key(&edge, &caller, &create)?;
    let thread = id_of_new(&caller, &create, key.id(&caller.actor(), None))?;
    let result = caller.execute(&edge, thread, Action::Create(create)).await?;
    let status = if result.event.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let created = result.event.as_deref().and_then(present::created);
    let Some(user) = caller.user() else {
        return Ok(match created {
            Some(created) => (status, Json(Placed::new(created, result.position))).into_response(),
            None => (status, Json(present::placed_id(thread, &result))).into_response(),
        });
    };
    // It is made, whatever becomes of the read.
    let shown = shown_after(&edge, user, thread, &result).await;
    let shown = match (&shown, created) {
        (Ok(view), _) => present::thread(view),
        (Err(_), Some(created)) => created,
        (Err(problem), None) => return Err(problem.clone()),
    };
    Ok((status, Json(Placed::new(shown, result.position))).into_response())
}

/// Returns a thread with all its members.
#[utoipa::path(
    get, path = "/api/chat/threads/{thread}", tag = "threads",
    params(
        ("thread" = Uuid, Path),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = json::Thread)),
)]
pub(super) async fn get_thread(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish_at_least(&edge).await?;
    let view = find(&edge, caller.user(), thread).await?;
    Ok(Json(present::thread(&view)).into_response())
}

/// Changes a thread's title and metadata.
#[utoipa::path(
    put, path = "/api/chat/threads/{thread}", tag = "threads",
    request_body = json::ChangeThreadBody,
    params(("thread" = Uuid, Path)),
    responses((status = 200, body = inline(Placed<json::Thread>))),
)]
pub(super) async fn change_thread(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    ThreadPath(thread): ThreadPath,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let change = json::change_thread(&body)?;
    let result = caller.execute(&edge, thread, Action::Change(change)).await?;
    let Some(user) = caller.user() else {
        return Ok(Json(present::placed_id(thread, &result)).into_response());
    };
    let view = shown_after(&edge, user, thread, &result).await?;
    Ok(Json(Placed::new(present::thread(&view), result.position)).into_response())
}

/// Archives a thread: it stays readable, and takes no more messages and members.
#[utoipa::path(
    delete, path = "/api/chat/threads/{thread}", tag = "threads",
    params(("thread" = Uuid, Path)),
    responses((status = 200, body = json::Written)),
)]
pub(super) async fn archive_thread(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    ThreadPath(thread): ThreadPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let result = caller.execute(&edge, thread, Action::Archive).await?;
    Ok(Json(present::written(&result)).into_response())
}

/// Returns the dm of exactly these two users, of whom the caller is one.
#[utoipa::path(
    get, path = "/api/chat/threads/by-participants", tag = "threads",
    params(
        ("user" = Vec<String>, Query, description = "The two users, each as a `user` of its own"),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = json::Thread)),
)]
pub(super) async fn find_dm(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    mut params: Params,
) -> Result<Response, Problem> {
    let users = params.all("user");
    let [one, other] = users.as_slice() else {
        return Err(Problem::field("user", "must stand exactly twice"));
    };
    let (one, other) = (user_id("user", one)?, user_id("user", other)?);
    params.finish_at_least(&edge).await?;
    let dm = ThreadId::of_dm(&one, &other);
    let view = find(&edge, caller.user(), dm).await?;
    Ok(Json(present::thread(&view)).into_response())
}

/// Keys that the product's own backend derives from its objects are its alone: whoever came first would keep it out.
fn check_key(edge: &Edge, caller: &Caller<Actor>, create: &CreateThread) -> Result<(), Problem> {
    let Some(key) = &create.key else { return Ok(()) };
    let prefixes = &edge.config.reserved_key_prefixes;
    let Some(prefix) = prefixes.iter().find(|prefix| key.starts_with(prefix.as_str())) else { return Ok(()) };
    if [Role::Service, Role::Admin].into_iter().any(|role| caller.roles().contains(role)) {
        return Ok(());
    }
    let detail = format!("keys that begin with {prefix:?} are reserved for services");
    Err(Problem::new(ErrorCode::Forbidden, detail).at("key"))
}

/// What must exist once has an id derived from what it is for; anything else gets the client's id or a new one.
fn id_of_new(caller: &Caller<Actor>, create: &CreateThread, key: Option<Uuid>) -> Result<ThreadId, Problem> {
    if create.kind == Kind::Dm {
        let caller = caller.user();
        let others: BTreeSet<_> = create.participants.iter().filter(|user| Some(*user) != caller).collect();
        return match (caller, Vec::from_iter(others).as_slice()) {
            (Some(one), &[other]) | (None, &[one, other]) => Ok(ThreadId::of_dm(one, other)),
            // A dm with oneself is for one's own notes.
            (Some(one), []) if !create.participants.is_empty() => Ok(ThreadId::of_dm(one, one)),
            (Some(_), _) => {
                Err(Problem::field("participants", "must name the other one of a dm, or you for your notes"))
            }
            (None, _) => Err(Problem::field("participants", "must name the two of a dm")),
        };
    }
    Ok(match &create.key {
        Some(key) => ThreadId::of_key(key),
        None => key.map_or_else(clock::mint_thread, ThreadId),
    })
}

/// The thread as it stands after a write.
async fn shown_after(
    edge: &Edge,
    viewer: &UserId,
    thread: ThreadId,
    write: &CommandResult,
) -> Result<ThreadView, Problem> {
    edge.wait_for(write.position).await?;
    find(edge, viewer, thread).await
}

/// The thread as the viewer sees it.
async fn find(edge: &Edge, viewer: &UserId, thread: ThreadId) -> Result<ThreadView, Problem> {
    let mut view = edge.conversations.thread(viewer, thread).await?.ok_or_else(Problem::unknown_thread)?;
    sealing::open_threads(&edge.keyring, std::slice::from_mut(&mut view)).await?;
    Ok(view)
}

fn bad_cursor() -> Problem {
    Problem::new(ErrorCode::BadCursor, "the cursor is not one of ours").at("cursor")
}

/// Where a page of threads ends, as base64url of `<milliseconds>:<thread>`; opaque to clients.
struct PageCursor(ThreadsCursor);

struct NotACursor;

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}:{}", self.0.active_at.millis(), self.0.thread)))
    }
}

impl FromStr for PageCursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotACursor)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| NotACursor)?;
        let (at, thread) = text.split_once(':').ok_or(NotACursor)?;
        let active_at = Timestamp(at.parse().map_err(|_| NotACursor)?);
        Ok(Self(ThreadsCursor { active_at, thread: ThreadId(thread.parse().map_err(|_| NotACursor)?) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_where_the_one_before_ended() {
        let cursor = ThreadsCursor { active_at: Timestamp(-5), thread: ThreadId::of_key("k") };
        let read = PageCursor(cursor).to_string().parse::<PageCursor>();
        assert_eq!(read.ok().map(|read| read.0), Some(cursor));
        for text in ["", "x", "Zm9v", "MTox", "%"] {
            assert!(text.parse::<PageCursor>().is_err(), "{text}");
        }
    }
}
