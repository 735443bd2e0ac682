//! Answers to requests, as frames.

use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::thread::{Rejection, Thread};
use threadline_domain::{Position, Timestamp};
use threadline_wire::ErrorCode;
use threadline_wire::frame::{self, OkResult, RequestError};
use threadline_wire::json::Written;

use crate::commands::{Answer, Answered, NoOutcome, Refused};
use crate::error::{RETRY_AFTER_MS, UNSUPPORTED};

/// The answer to a request that was not done.
pub(crate) fn error(id: Option<Arc<str>>, error: RequestError) -> Bytes {
    let retry_after_ms = error.code.retryable().then_some(RETRY_AFTER_MS);
    frame::error(&error.for_request(id), retry_after_ms).into()
}

/// The answer to a command for a thread.
pub(crate) fn written(id: Option<Arc<str>>, answered: Answered<Thread>) -> Bytes {
    of_outcome(id, answered, false)
}

/// The answer to a post, which says when the message was sent.
pub(crate) fn posted(id: Option<Arc<str>>, answered: Answered<Thread>) -> Bytes {
    of_outcome(id, answered, true)
}

fn of_outcome(id: Option<Arc<str>>, answered: Answered<Thread>, posted: bool) -> Bytes {
    match answered {
        Ok(Answer { outcome, position, .. }) => {
            let written = Written { position, ..Written::earlier(&outcome, posted) };
            frame::ok(id.as_deref(), written).into()
        }
        Err(why) => refused(id, &why),
    }
}

/// The answer to a command that was refused.
pub(crate) fn refused(id: Option<Arc<str>>, refused: &Refused) -> Bytes {
    match refused {
        // On a socket, every request says it so; whether there is such a thread is not told.
        Refused::Rejected(Rejection::UnknownThread) => error(id, ErrorCode::NotAMember.into()),
        Refused::Rejected(rejection) => error(id, RequestError::of(rejection)),
        Refused::NoOutcome(reason) => no_outcome(id, reason),
    }
}

/// The answer to a request whose outcome is not known.
pub(crate) fn no_outcome(id: Option<Arc<str>>, no_outcome: &NoOutcome) -> Bytes {
    error(
        id,
        match no_outcome {
            NoOutcome::Unavailable(_) => RequestError::new(
                ErrorCode::Unavailable,
                "the log cannot take it now; nothing is known to have happened",
            ),
            NoOutcome::Timeout => ErrorCode::Timeout.into(),
            NoOutcome::Unsupported => RequestError::new(ErrorCode::Unsupported, UNSUPPORTED),
            NoOutcome::Full => RequestError::new(ErrorCode::Unavailable, "too much is waiting; nothing has happened"),
        },
    )
}

/// The answer to a request that was done and has no result of its own.
pub(crate) fn done(id: Option<&str>) -> Bytes {
    frame::ok(id, OkResult::done()).into()
}

/// The answer to a request that was done, with its position in the log.
pub(crate) fn at(id: Option<&str>, position: Position) -> Bytes {
    frame::ok(id, OkResult::read(position)).into()
}

/// The answer of a thread that the user is not in.
pub(crate) fn not_a_member(id: Option<Arc<str>>) -> Bytes {
    error(id, ErrorCode::NotAMember.into())
}

/// The answer to a read mark above the thread's last message.
pub(crate) fn no_such_number(id: Option<Arc<str>>) -> Bytes {
    error(id, RequestError::invalid("number", "is above the number of the thread's last message"))
}

/// The answer to a new token: when it ends.
pub(crate) fn expires(id: Option<&str>, at: Timestamp) -> Bytes {
    frame::ok(id, OkResult::auth(at)).into()
}
