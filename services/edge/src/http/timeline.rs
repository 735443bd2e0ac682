//! A thread's timeline, event by event.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use threadline_wire::{ErrorCode, avro, json};
use utoipa::ToSchema;

use super::caller::Caller;
use super::page::{Keep, Rows};
use super::params::Params;
use super::path::ThreadPath;
use crate::error::Problem;
use crate::state::Edge;

/// A page of a thread's timeline.
#[derive(Serialize, ToSchema)]
pub(super) struct EventsPage<'a> {
    /// The events, in their order.
    events: Vec<json::Event<'a>>,
    /// The `after_seq` of the next page; null on the last.
    #[schema(required)]
    next: Option<u64>,
}

/// A thread's events, oldest first.
#[utoipa::path(
    get, path = "/api/chat/threads/{thread}/events", tag = "threads",
    params(
        ("thread" = Uuid, Path),
        ("after_seq" = Option<u64>, Query, description = "Only events with a seq above this one"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "Events at most; 50 if absent"),
        ("at_least" = Option<String>, Query, description = "A position that the answer shall include"),
    ),
    responses((status = 200, body = EventsPage)),
)]
pub(super) async fn list_events(
    State(edge): State<Arc<Edge>>,
    caller: Caller,
    ThreadPath(thread): ThreadPath,
    mut params: Params,
) -> Result<Response, Problem> {
    let after_seq = params.number("after_seq", 0..=i64::MAX as u64)?.unwrap_or_default();
    let limit = params.limit()?;
    params.finish_at_least(&edge).await?;
    let rows = edge.views.timeline(caller.user(), thread, after_seq, limit).await?;
    let rows = rows.ok_or_else(Problem::unknown_thread)?;
    let mut events: Vec<_> = rows
        .iter()
        .map(|row| avro::decode_event(&row.value).map(|(event, _)| event))
        .collect::<Result<_, _>>()
        .map_err(|error| {
            tracing::error!(error = %error, thread.id = %thread, "a timeline holds an event that cannot be read");
            Problem::new(ErrorCode::Internal, "an event of this timeline cannot be read")
        })?;
    edge.keyring.open(&mut events).await?;
    let read: Vec<_> = rows.iter().map(|row| row.position).zip(events).collect();
    let page = Rows::fitting(&read, Keep::First, edge.config.http.page_bytes_max, |(position, event)| {
        json::Event::new(*position, event)
    })?;
    let last = page.kept.end.checked_sub(1).map(|index| &read[index]);
    let goes_on = page.kept.len() < read.len() || read.len() == limit as usize;
    let next = last.filter(|_| goes_on).map(|(_, event)| event.seq);
    Ok(page.into_page("events", next.as_ref()))
}
