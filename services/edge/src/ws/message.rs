//! Frames as the WebSocket library takes them.

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;

/// A text message with this frame, which is JSON that we encoded.
pub(super) fn text_of(frame: Bytes) -> Message {
    Message::Text(Utf8Bytes::try_from(frame).unwrap_or_default())
}
