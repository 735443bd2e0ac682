//! Messages: history, one, sent, edited, deleted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use threadline_domain::thread::{Action, Change, Thread};
use threadline_domain::{Actor, MessageId, Position, ThreadId, UserId};
use threadline_eventlog::LoggedAggregate;
use threadline_projections::{MessageView, Window};
use threadline_wire::json;
use utoipa::ToSchema;

use super::body::{IdempotencyKey, JsonBody};
use super::caller::Caller;
use super::page::{Keep, Rows};
use super::params::Params;
use super::path::{MessagePath, ThreadPath, thread_id};
use super::present::{self, Placed};
use crate::clock;
use crate::error::Problem;
use crate::sealing;
use crate::state::Edge;

/// A page of a thread's messages.
#[derive(Serialize, ToSchema)]
pub(super) struct MessagesPage<'a> {
    /// The messages, newest first.
    messages: Vec<json::Message<'a>>,
    /// The number to go on with: as `after` if that was asked for, otherwise as `before`. Null on the last page.
    #[schema(required)]
    next: Option<u64>,
}

/// Returns a thread's messages, newest first.
#[utoipa::path(
    get, path = "/api/chat/threads/{thread}/messages", tag = "messages",
    params(
        ("thread" = Uuid, Path),
        ("before" = Option<u64>, Query, description = "The newest with a number below this one"),
        ("after" = Option<u64>, Query, description = "The oldest with a number above this one"),
        ("around" = Option<u64>, Query, minimum = 1, description = "Half from this number down, half above it"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Messages at most; 50 if absent"),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = MessagesPage)),
)]
pub(super) async fn list_messages(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    mut params: Params,
) -> Result<Response, Problem> {
    let window = window(&mut params)?;
    let limit = params.limit()?;
    params.finish_at_least(&edge).await?;
    let messages = edge.conversations.messages(caller.user(), thread, window, limit).await?;
    let mut messages = messages.ok_or_else(Problem::unknown_thread)?;
    sealing::open_messages(&edge.keyring, &mut messages).await?;
    let page = Rows::fitting(&messages, keep(window, &messages), edge.config.http.page_bytes_max, present::message)?;
    let next = next(window, &messages[page.kept.clone()], page.kept.len() < messages.len(), limit);
    Ok(page.into_page("messages", next.as_ref()))
}

/// Sends a message. The same id and body again returns the message that exists.
#[utoipa::path(
    post, path = "/api/chat/threads/{thread}/messages", tag = "messages",
    request_body = json::PostMessageBody,
    params(
        ("thread" = Uuid, Path),
        ("Idempotency-Key" = Option<String>, Header, max_length = 255,
            description = "Names the message when the body has no id: a UUIDv7 is the id, from anything else and the sender it follows"),
    ),
    responses(
        (status = 200, description = "It was sent before", body = inline(Placed<json::Message>)),
        (status = 201, description = "It is new", body = inline(Placed<json::Message>)),
    ),
)]
pub(super) async fn send_message(
    State(edge): State<Arc<Edge>>,
    caller: Caller<Actor>,
    ThreadPath(thread): ThreadPath,
    params: Params,
    key: IdempotencyKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let id = key.id(&caller.actor(), Some(thread)).map(MessageId);
    let post = json::post_message(&body, id.unwrap_or_else(clock::mint_message))?;
    let message = post.message;
    if id.is_some_and(|id| id != message) {
        return Err(Problem::field("Idempotency-Key", "must be the id in the body where the body has one, or absent"));
    }
    let result = caller.execute(&edge, thread, Action::Post(post)).await?;
    if let Some(event) = result.event.as_deref()
        && let Change::MessagePosted(posted) = &event.change
    {
        let sent = Placed::new(json::Message::posted(event, posted), result.position);
        return Ok((StatusCode::CREATED, Json(sent)).into_response());
    }
    match caller.user() {
        Some(user) => shown_after(&edge, user, message, thread, result.position).await,
        None => Ok(Json(present::written(&result)).into_response()),
    }
}

/// Returns a message of one of my threads.
#[utoipa::path(
    get, path = "/api/chat/messages/{message}", tag = "messages",
    params(
        ("message" = Uuid, Path),
        ("thread" = Option<Uuid>, Query, description = "Its thread, where the id is used in several: 409 says so"),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = json::Message)),
)]
pub(super) async fn get_message(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    MessagePath(message): MessagePath,
    mut params: Params,
) -> Result<Response, Problem> {
    let thread = thread_of(&mut params)?;
    params.finish_at_least(&edge).await?;
    // The projection may have an older version of the message than the caller has just written, through any edge.
    edge.wait_for_end(Thread::EVENTS).await?;
    let mut view = find(&edge, caller.user(), message, thread).await?;
    sealing::open_messages(&edge.keyring, std::slice::from_mut(&mut view)).await?;
    Ok(Json(present::message(&view)).into_response())
}

/// Replaces a message's content.
#[utoipa::path(
    put, path = "/api/chat/messages/{message}", tag = "messages",
    request_body = json::EditMessageBody,
    params(
        ("message" = Uuid, Path),
        ("thread" = Option<Uuid>, Query, description = "Its thread, where the id is used in several: 409 says so"),
        ("at_least" = Option<String>, Query, description = "The position that the message was sent at, when just now"),
    ),
    responses((status = 200, body = inline(Placed<json::Message>))),
)]
pub(super) async fn edit_message(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    MessagePath(message): MessagePath,
    mut params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let edit = json::edit_message(&body, message)?;
    let thread = thread_of(&mut params)?;
    params.finish_at_least(&edge).await?;
    let thread = find(&edge, caller.user(), message, thread).await?.thread;
    let result = caller.execute(&edge, thread, Action::Edit(edit)).await?;
    shown_after(&edge, caller.user(), message, thread, result.position).await
}

/// Deletes a message; its tombstone stays.
#[utoipa::path(
    delete, path = "/api/chat/messages/{message}", tag = "messages",
    params(
        ("message" = Uuid, Path),
        ("thread" = Option<Uuid>, Query, description = "Its thread, where the id is used in several: 409 says so"),
        ("at_least" = Option<String>, Query, description = "The position that the message was sent at, when just now"),
    ),
    responses((status = 200, body = json::Written)),
)]
pub(super) async fn delete_message(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    MessagePath(message): MessagePath,
    mut params: Params,
) -> Result<Response, Problem> {
    let thread = thread_of(&mut params)?;
    params.finish_at_least(&edge).await?;
    let thread = find(&edge, caller.user(), message, thread).await?.thread;
    let result = caller.execute(&edge, thread, Action::Delete { message }).await?;
    Ok(Json(present::written(&result)).into_response())
}

fn window(params: &mut Params) -> Result<Window, Problem> {
    // Postgres knows no larger numbers.
    const NUMBER_MAX: u64 = i64::MAX as u64;
    let before = params.number("before", 0..=NUMBER_MAX)?;
    let after = params.number("after", 0..=NUMBER_MAX)?;
    let around = params.number("around", 1..=NUMBER_MAX)?;
    match (before, after, around) {
        (None, None, None) => Ok(Window::Newest),
        (Some(number), None, None) => Ok(Window::Before(number)),
        (None, Some(number), None) => Ok(Window::After(number)),
        (None, None, Some(number)) => Ok(Window::Around(number)),
        (Some(_), _, _) => Err(Problem::field("before", "cannot stand beside after or around")),
        (None, Some(_), Some(_)) => Err(Problem::field("after", "cannot stand beside around")),
    }
}

/// The messages that a reader goes on from come first.
fn keep(window: Window, newest_first: &[MessageView]) -> Keep {
    match window {
        Window::Newest | Window::Before(_) => Keep::First,
        Window::After(_) => Keep::Last,
        Window::Around(number) => Keep::Around(newest_first.partition_point(|message| message.number > number)),
    }
}

/// Numbers are dense from 1, so below 1 there is nothing; above a page that is neither full nor cut there is nothing yet.
fn next(window: Window, newest_first: &[MessageView], is_cut: bool, limit: u32) -> Option<u64> {
    match window {
        Window::After(_) => {
            newest_first.first().filter(|_| is_cut || newest_first.len() == limit as usize).map(|newest| newest.number)
        }
        _ => newest_first.last().map(|oldest| oldest.number).filter(|&number| number > 1),
    }
}

/// Reads the parameter that says which of several messages with one id is meant.
fn thread_of(params: &mut Params) -> Result<Option<ThreadId>, Problem> {
    params.text("thread")?.map(|thread| thread_id(&thread)).transpose()
}

/// Finds a message in the viewer's threads, or in the named one. A message that the projections do not have may have been
/// written a moment ago, through any edge: the search is repeated once they have all that is in the log now.
async fn find(
    edge: &Edge,
    viewer: &UserId,
    message: MessageId,
    thread: Option<ThreadId>,
) -> Result<MessageView, Problem> {
    let mut found = edge.conversations.messages_of_id(viewer, message, thread).await?;
    if found.is_empty() {
        edge.wait_for_end(Thread::EVENTS).await?;
        found = edge.conversations.messages_of_id(viewer, message, thread).await?;
    }
    match (found.pop(), found.is_empty()) {
        (Some(view), true) => Ok(view),
        (Some(_), false) => Err(Problem::ambiguous_message()),
        (None, _) => Err(Problem::unknown_message()),
    }
}

/// The message as it stands after a write that any repetition settles the same way.
async fn shown_after(
    edge: &Edge,
    viewer: &UserId,
    message: MessageId,
    thread: ThreadId,
    position: Position,
) -> Result<Response, Problem> {
    edge.wait_for(position).await?;
    let mut view = find(edge, viewer, message, Some(thread)).await?;
    sealing::open_messages(&edge.keyring, std::slice::from_mut(&mut view)).await?;
    Ok(Json(Placed::new(present::message(&view), position)).into_response())
}
