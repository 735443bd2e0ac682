//! Ids in a request's path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use threadline_domain::{MessageId, ThreadId, UserId};

use crate::error::Problem;

/// `…/threads/{thread}`
pub(super) struct ThreadPath(pub(super) ThreadId);

/// `…/threads/{thread}/members/{user}`
pub(super) struct MemberPath(pub(super) ThreadId, pub(super) UserId);

/// `…/users/{user}`
pub(super) struct UserPath(pub(super) UserId);

/// `…/messages/{message}`
pub(super) struct MessagePath(pub(super) MessageId);

impl<S: Send + Sync> FromRequestParts<S> for ThreadPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let thread: String = segments(parts, state).await?;
        Ok(Self(thread_id(&thread)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MemberPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (thread, user): (String, String) = segments(parts, state).await?;
        Ok(Self(thread_id(&thread)?, user_id("user", &user)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let user: String = segments(parts, state).await?;
        Ok(Self(user_id("user", &user)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let message: String = segments(parts, state).await?;
        let id = message.parse().map_err(|_| Problem::field("message", "is not a UUID"))?;
        Ok(Self(MessageId(id)))
    }
}

async fn segments<T: DeserializeOwned + Send, S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<T, Problem> {
    let Path(segments) =
        Path::<T>::from_request_parts(parts, state).await.map_err(|_| Problem::field("path", "is not UTF-8"))?;
    Ok(segments)
}

/// A thread's id that stands in a request.
pub(super) fn thread_id(text: &str) -> Result<ThreadId, Problem> {
    text.parse().map(ThreadId).map_err(|_| Problem::field("thread", "is not a UUID"))
}

/// A user id that stands in this part of a request.
pub(super) fn user_id(field: &str, text: &str) -> Result<UserId, Problem> {
    UserId::new(text).map_err(|reason| Problem::field(field, reason.to_string()))
}
