//! Who has read how far.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use threadline_domain::{ReadMark, ThreadId};
use threadline_projections::ReadState;
use threadline_wire::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::JsonBody;
use super::caller::Caller;
use super::params::Params;
use super::path::ThreadPath;
use super::present::Placed;
use crate::clock;
use crate::error::Problem;
use crate::state::Edge;

/// How far one has read now.
#[derive(Serialize, ToSchema)]
pub(super) struct Marked {
    /// The thread.
    thread: Uuid,
    /// Up to which number; an earlier mark that was further on stays.
    number: u64,
}

/// Marks a thread as read, up to a number or completely.
#[utoipa::path(
    post, path = "/api/chat/threads/{thread}/mark-read", tag = "reads",
    request_body(content = Option<json::MarkReadBody>),
    params(("thread" = Uuid, Path)),
    responses((status = 200, body = inline(Placed<Marked>))),
)]
pub(super) async fn mark_read(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let asked = json::mark_read(&body)?;
    let mut state = read_state(&edge, &caller, thread).await?;
    if asked.is_none_or(|number| number > state.last_number) {
        // The projections may not have the newest messages yet.
        edge.wait_for(edge.aggregates.threads.end_of(thread).await?).await?;
        state = read_state(&edge, &caller, thread).await?;
    }
    let number = asked.unwrap_or(state.last_number);
    if number > state.last_number {
        return Err(Problem::field("number", "is beyond the thread's last message"));
    }
    let position = if number > state.number {
        let mark = ReadMark { thread, user: caller.user().clone(), number, at: clock::now() };
        edge.aggregates.appender.mark_read(mark).await?
    } else {
        // The greatest mark counts, but a compacted log keeps the last: none that changes nothing goes there.
        edge.aggregates.threads.end_of(thread).await?
    };
    let marked = Marked { thread: thread.0, number: number.max(state.number) };
    Ok(Json(Placed::new(marked, position)).into_response())
}

/// Who has read a thread up to where.
#[derive(Serialize, ToSchema)]
pub(super) struct Receipts<'a> {
    receipts: Vec<json::Receipt<'a>>,
}

/// Who has read a thread up to where.
#[utoipa::path(
    get, path = "/api/chat/threads/{thread}/receipts", tag = "reads",
    params(
        ("thread" = Uuid, Path),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = Receipts)),
)]
pub(super) async fn list_receipts(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    params: Params,
) -> Result<Response, Problem> {
    params.finish_at_least(&edge).await?;
    let receipts = edge.conversations.receipts(caller.user(), thread).await?.ok_or_else(Problem::unknown_thread)?;
    let receipts = receipts.iter().map(|receipt| json::Receipt {
        user: receipt.user.as_str(),
        joined_number: receipt.joined_number,
        number: receipt.number,
        at: receipt.at.map(Into::into),
    });
    Ok(Json(Receipts { receipts: receipts.collect() }).into_response())
}

/// Returns the number of messages I have not read, in total and by thread.
#[utoipa::path(
    get, path = "/api/chat/unread-count", tag = "reads",
    params(("at_least" = Option<String>, Query, description = "A position that the answer shall include")),
    responses((status = 200, body = json::Unread)),
)]
pub(super) async fn count_unread(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    params: Params,
) -> Result<Response, Problem> {
    params.finish_at_least(&edge).await?;
    let unread: json::Unread = edge.conversations.unread(caller.user()).await?.into_iter().collect();
    Ok(Json(unread).into_response())
}

async fn read_state(edge: &Edge, caller: &Caller, thread: ThreadId) -> Result<ReadState, Problem> {
    edge.conversations.read_state(caller.user(), thread).await?.ok_or_else(Problem::unknown_thread)
}
