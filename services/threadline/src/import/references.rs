//! Messages that other records name: replies and read marks do.

use std::collections::HashMap;

use threadline_domain::{MessageId, Timestamp};

use super::lines::Fault;
use super::records::{MessageRecord, OldId};

/// The messages of one thread that are named, by their old ids.
#[derive(Debug, Default)]
pub(super) struct References(HashMap<OldId, Option<Target>>);

/// A message that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: MessageId,
    pub(super) sent_at: Timestamp,
}

impl References {
    /// Notes that a record names this message.
    pub(super) fn want(&mut self, id: &OldId) {
        if !self.0.contains_key(id) {
            self.0.insert(id.clone(), None);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the message, if it was found.
    pub(super) fn target(&self, id: &OldId) -> Option<Target> {
        self.0.get(id).copied().flatten()
    }

    /// Takes a message in the order of the files, unless it replies to none before it. The first message with an id is what
    /// others name.
    pub(super) fn observe(&mut self, message: &MessageRecord, id: MessageId) -> Result<(), Fault> {
        if let Some(reply_to) = &message.reply_to
            && self.target(reply_to).is_none()
        {
            let thread = &message.thread;
            let reason = format!(
                "no message of the thread {thread} before this line has the id {reply_to}: give the file with it first, or \
                 leave the field out"
            );
            return Err(Fault::of("reply_to", reason));
        }
        if let Some(found) = message.id.as_ref().and_then(|id| self.0.get_mut(id)) {
            found.get_or_insert(Target { id, sent_at: message.sent_at });
        }
        Ok(())
    }
}
