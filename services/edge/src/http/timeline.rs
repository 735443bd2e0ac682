//! A thread's timeline, event by event.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use threadline_domain::Position;
use threadline_domain::thread::Event;
use threadline_projections::TimelineRow;
use threadline_wire::avro::{self, DecodeError};
use threadline_wire::{ErrorCode, json};
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

/// Returns a thread's events, oldest first.
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
    let rows = edge.conversations.timeline(caller.user(), thread, after_seq, limit).await?;
    let rows = rows.ok_or_else(Problem::unknown_thread)?;
    let (positions, mut events): (Vec<_>, Vec<_>) = readable(&rows)?.into_iter().unzip();
    edge.keyring.open(&mut events).await?;
    let read: Vec<_> = positions.into_iter().zip(events).collect();
    let page = Rows::fitting(&read, Keep::First, edge.config.http.page_bytes_max, |(position, event)| {
        json::Event::new(*position, event)
    })?;
    let next = if page.kept.len() < read.len() {
        page.kept.end.checked_sub(1).map(|index| read[index].1.seq)
    } else {
        rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.seq)
    };
    Ok(page.into_page("events", next.as_ref()))
}

/// Decodes the rows into events with their positions, without text that was replaced or deleted later. Leaves corrupt events
/// out, so that the client sees their seq missing.
/// Fails at an event that only a newer edge can read: leaving it out would hide a message that somebody sent.
fn readable(rows: &[TimelineRow]) -> Result<Vec<(Position, Event)>, Problem> {
    let mut events = Vec::with_capacity(rows.len());
    for TimelineRow { thread, position, withheld, value, .. } in rows {
        match avro::decode_event(value) {
            Ok((mut event, _)) => {
                event.withhold(*withheld);
                events.push((*position, event));
            }
            Err(error @ DecodeError::UnknownSchema { .. }) => {
                tracing::error!(
                    %error,
                    thread.id = %thread,
                    event.position = %position,
                    "failed to read the event of thread {thread} at {position}: {error}"
                );
                return Err(Problem::new(ErrorCode::Unsupported, "this edge is too old for an event of this thread"));
            }
            Err(DecodeError::Corrupt(_)) => {}
        }
    }
    Ok(events)
}
