//! What a write answers.

use serde::Serialize;
use threadline_domain::thread::{Change, Event, Outcome};
use threadline_domain::{MessageId, Position};
use utoipa::ToSchema;

use super::{Time, text_or_null};

/// What a write led to: the `result` of an `ok` frame.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Written {
    /// The message concerned, if any.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text_or_null")]
    #[schema(value_type = uuid::Uuid, required = false)]
    pub message: Option<MessageId>,
    /// The seq of the event.
    pub seq: u64,
    /// That message's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub number: Option<u64>,
    /// When the message was posted; for posts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Time, required = false)]
    pub sent_at: Option<Time>,
    /// The time of the event.
    pub at: Time,
    /// Where the event lies in the log; null when it was done before and the place is not at hand.
    #[serde(serialize_with = "text_or_null")]
    #[schema(value_type = Option<String>, required)]
    pub position: Option<Position>,
}

impl Written {
    /// Makes it from the event.
    pub fn event(position: Position, event: &Event) -> Self {
        let posted = matches!(event.change, Change::MessagePosted(_));
        Self { position: Some(position), ..Self::earlier(&event.outcome(), posted) }
    }

    /// By an event of an earlier time; `posted` says that the request was to post a message.
    pub fn earlier(outcome: &Outcome, posted: bool) -> Self {
        let at = Time(outcome.at);
        Self {
            message: outcome.message,
            seq: outcome.seq,
            number: outcome.number,
            sent_at: posted.then_some(at),
            at,
            position: None,
        }
    }
}
