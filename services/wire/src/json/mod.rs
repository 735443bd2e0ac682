//! JSON of the contract: threads, messages and events as clients see them, and what clients send.
//!
//! Answers borrow from the values they show; requests are read strictly, and a fault names its field.

mod body;
mod error;
mod event;
mod fields;
mod message;
mod raw;
mod sign_in;
mod thread;
mod time;
mod written;

use std::fmt::Display;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use threadline_domain::Metadata;

pub use body::{
    AddMemberBody, ChangeRoleBody, ChangeThreadBody, CreateThreadBody, EditMessageBody, MarkReadBody, PostMessageBody,
    add_member, change_role, change_thread, create_thread, edit_message, mark_read, post_message,
};
pub(crate) use body::{edit, message};
pub use error::ErrorBody;
pub use event::{Change, CreatedThread, Event, NewMember};
pub(crate) use fields::Fields;
pub use message::{Message, MessageKind};
pub use raw::metadata;
pub use sign_in::{SignIn, SignInBody, SignedIn, sign_in};
pub use thread::{Member, Receipt, Role, Thread, ThreadKind, Unread, User};
pub use time::{Time, rfc3339};
pub use written::Written;

/// Writes what has a text as a string, without allocating it.
pub(crate) fn text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Like [`text`], or null.
#[allow(clippy::ref_option, reason = "serde hands fields over like this")]
fn text_or_null<S: Serializer>(value: &Option<impl Display>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}

/// Writes metadata as the JSON that it is; what was erased has nothing in it.
fn object<S: Serializer>(metadata: &Metadata, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<&RawValue>(metadata.as_json().unwrap_or("{}"))
        .map_err(serde::ser::Error::custom)?
        .serialize(serializer)
}

/// Metadata as the JSON that it is, where there may be none.
#[derive(Clone, Copy, Debug)]
pub struct JsonObject<'a>(pub &'a Metadata);

impl Serialize for JsonObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object(self.0, serializer)
    }
}
