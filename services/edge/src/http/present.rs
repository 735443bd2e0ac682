//! From what the projections and the log know to the JSON of the contract.

use std::collections::BTreeMap;

use serde::Serialize;
use threadline_domain::thread::{Change, Event};
use threadline_domain::{Actor, Position, Text, ThreadId};
use threadline_projections::{MemberView, MessageView, ThreadView};
use threadline_wire::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::commands::CommandResult;

/// What a write made or changed, and a position from which on every read shows it.
#[derive(Serialize, ToSchema)]
pub(super) struct Placed<T> {
    #[serde(flatten)]
    shown: T,
    /// For `?at_least=`.
    #[schema(example = "messages:3:1234")]
    position: String,
}

impl<T> Placed<T> {
    pub(super) fn new(shown: T, position: Position) -> Self {
        Self { shown, position: position.to_string() }
    }
}

/// What a write led to, when there is nothing more to show.
pub(super) fn written(result: &CommandResult) -> json::Written {
    if let Some(event) = &result.event {
        return json::Written::event(result.position, event);
    }
    let earlier = json::Written::earlier(&result.outcome, false);
    json::Written { position: Some(result.position), ..earlier }
}

/// A thread by its id alone, for a service: threads are shown as their members see them.
pub(super) fn placed_id(thread: ThreadId, result: &CommandResult) -> Placed<Named> {
    Placed::new(Named { id: thread.0 }, result.position)
}

#[derive(Serialize, ToSchema)]
pub(super) struct Named {
    id: Uuid,
}

/// A thread as its viewer sees it.
pub(super) fn thread(view: &ThreadView) -> json::Thread<'_> {
    json::Thread {
        id: view.id,
        kind: view.kind,
        key: view.key.as_deref(),
        title: view.title.as_ref().and_then(Text::as_open),
        metadata: &view.metadata,
        members: view.members.iter().map(member).collect(),
        member_count: view.member_count,
        last_seq: view.last_seq,
        last_number: view.last_number,
        last_message: view.last_message.as_ref().map(message),
        unread: view.unread,
        created_at: view.created_at.into(),
        archived_at: view.archived_at.map(Into::into),
    }
}

fn member(view: &MemberView) -> json::Member<'_> {
    json::Member {
        user: view.user.as_str(),
        name: view.name.as_ref().and_then(Text::as_open),
        role: view.role,
        joined_number: view.joined_number,
        read_number: view.read_number,
    }
}

/// A thread as its creation tells, for when the projections do not have it yet; `None` for another event.
pub(super) fn created(event: &Event) -> Option<json::Thread<'_>> {
    let Change::ThreadCreated(created) = &event.change else { return None };
    let members = created.members.iter().map(|member| json::Member {
        user: member.user.as_str(),
        name: None,
        role: member.role,
        joined_number: 0,
        read_number: 0,
    });
    Some(json::Thread {
        id: event.thread,
        kind: created.kind,
        key: created.key.as_deref(),
        title: created.title.as_ref().and_then(Text::as_open),
        metadata: &created.metadata,
        members: members.collect(),
        member_count: created.members.len() as u64,
        last_seq: event.seq,
        last_number: 0,
        last_message: None,
        unread: 0,
        created_at: event.at.into(),
        archived_at: None,
    })
}

/// A message as it stands now.
pub(super) fn message(view: &MessageView) -> json::Message<'_> {
    json::Message {
        id: view.id,
        thread: view.thread,
        seq: view.seq,
        number: view.number,
        sender: view.sender.as_str(),
        kind: view.kind,
        content: view.content.as_open().unwrap_or_default(),
        metadata: &view.metadata,
        erased: view.content.as_open().is_none(),
        superseded: false,
        attachments: [],
        reply_to: view.reply_to,
        reactions: BTreeMap::new(),
        pinned: false,
        sent_at: view.sent_at.into(),
        edited_at: view.edited_at.map(Into::into),
        deleted_at: view.deleted_at.map(Into::into),
        deleted_by: view.deleted_by.as_ref().map(Actor::as_str),
        expires_at: None,
    }
}
