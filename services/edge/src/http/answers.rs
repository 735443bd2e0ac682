//! Holds the room of an answer until its client has taken it.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use threadline_domain::Actor;

use crate::answers::{Answers, Reservation};
use crate::error::Problem;
use crate::state::Edge;

/// Answers up to so many bytes are not counted: a connection buffers as much beside them anyway.
const UNCOUNTED_BYTES_MAX: usize = 4 * 1024;

/// What a request's extractors leave for its answer.
#[derive(Clone, Default)]
pub(super) struct Slot(Arc<Mutex<PromisedAnswers>>);

#[derive(Default)]
struct PromisedAnswers {
    caller: Option<Actor>,
    room: Option<Reservation>,
}

impl Slot {
    pub(super) fn set_caller(&self, caller: &Actor) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).caller = Some(caller.clone());
    }

    /// Takes room for an answer of so many bytes, before it is made.
    pub(super) async fn reserve(&self, answers: &Arc<Answers>, bytes: usize) -> Result<(), Problem> {
        let caller = self.0.lock().unwrap_or_else(PoisonError::into_inner).caller.clone();
        let room = answers.reserve(caller.as_ref(), bytes).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).room = Some(room);
        Ok(())
    }

    fn take(&self) -> PromisedAnswers {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers within the bounds: an answer's bytes count until they were written, and one without room becomes a refusal.
pub(super) async fn within_bounds(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let slot = Slot::default();
    request.extensions_mut().insert(slot.clone());
    let response = next.run(request).await;
    let PromisedAnswers { caller, room } = slot.take();
    let size = response.body().size_hint();
    let Some(bytes) = size.exact().map(|bytes| bytes as usize).filter(|bytes| *bytes > UNCOUNTED_BYTES_MAX) else {
        return response;
    };
    let room = match room {
        Some(room) => room.fit(bytes),
        None => edge.answers.reserve(caller.as_ref(), bytes).await,
    };
    match room {
        Ok(room) => attach(response, room).await,
        Err(refused) => refused.into(),
    }
}

async fn attach(response: Response, room: Reservation) -> Response {
    let (parts, body) = response.into_parts();
    // All of it is in memory already: a body of known size is one piece.
    match axum::body::to_bytes(body, usize::MAX).await {
        Ok(bytes) => Response::from_parts(parts, Body::from(room.attach(bytes))),
        Err(error) => {
            tracing::error!(%error, "failed to make an answer: {error}");
            Problem::new(threadline_wire::ErrorCode::Internal, "the answer broke off").into()
        }
    }
}
