//! What an import does, counted.

use std::collections::BTreeMap;

use serde::Serialize;
use threadline_domain::thread::{Action, Command, Kind};

/// What was done, or would be.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Tally {
    pub(super) threads_created: u64,
    /// How many of them are dms.
    pub(super) dms_created: u64,
    pub(super) members_added: u64,
    pub(super) members_removed: u64,
    pub(super) roles_changed: u64,
    pub(super) messages_created: u64,
    pub(super) messages_already_there: u64,
    /// Edits, those included that only say when a message was edited.
    pub(super) messages_edited: u64,
    pub(super) messages_deleted: u64,
    /// Messages that changed in the old system but stay as they are here: who wrote them has left, or is erased.
    pub(super) messages_left_alone: u64,
    /// Messages that come after newer ones.
    pub(super) messages_late: u64,
    pub(super) reads_marked: u64,
    pub(super) users_named: u64,
    /// Why commands were refused, how many for each reason.
    pub(super) refused: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts a command that has an effect.
    pub(super) fn count(&mut self, command: &Command) {
        let count = match &command.action {
            Action::Create(create) => {
                self.dms_created += u64::from(create.kind == Kind::Dm);
                &mut self.threads_created
            }
            Action::AddMember { .. } => &mut self.members_added,
            Action::RemoveMember { .. } => &mut self.members_removed,
            Action::ChangeRole { .. } => &mut self.roles_changed,
            Action::Post(_) => &mut self.messages_created,
            Action::Edit(_) => &mut self.messages_edited,
            Action::Delete { .. } => &mut self.messages_deleted,
            Action::Change(_) | Action::Archive => return,
        };
        *count += 1;
    }

    /// Adds what another part of the import counted.
    pub(super) fn add(&mut self, other: Self) {
        self.threads_created += other.threads_created;
        self.dms_created += other.dms_created;
        self.members_added += other.members_added;
        self.members_removed += other.members_removed;
        self.roles_changed += other.roles_changed;
        self.messages_created += other.messages_created;
        self.messages_already_there += other.messages_already_there;
        self.messages_edited += other.messages_edited;
        self.messages_deleted += other.messages_deleted;
        self.messages_left_alone += other.messages_left_alone;
        self.messages_late += other.messages_late;
        self.reads_marked += other.reads_marked;
        self.users_named += other.users_named;
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
    }
}
