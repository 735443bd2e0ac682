//! What a ciphertext is bound to: it does not open anywhere else.

use threadline_domain::{Actor, MessageId, ThreadId};
use uuid::Uuid;

/// Where a typed text belongs. Part of the encryption's associated data.
#[derive(Clone, Copy, Debug)]
pub struct SealContext<'a> {
    /// Its author, whose key seals it.
    pub subject: &'a Actor,
    /// Its thread; the nil id for a user's name, which belongs to none.
    pub thread: ThreadId,
    /// Its message, if it belongs to one.
    pub message: Option<MessageId>,
    /// What the text is.
    pub field: Field,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// A message's content, first or edited.
    Content,
    /// A message's metadata.
    Metadata,
    /// A thread's title.
    Title,
    /// A thread's metadata.
    ThreadMetadata,
    /// A user's name.
    Name,
}

impl Field {
    /// The number in the associated data. Never change one.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Content => 1,
            Self::Metadata => 2,
            Self::Title => 3,
            Self::ThreadMetadata => 4,
            Self::Name => 5,
        }
    }
}

impl SealContext<'_> {
    /// Encodes the associated data: field, thread, message (zeros for none), subject. Only the last has no fixed
    /// length.
    pub(crate) fn associated_data(&self) -> Vec<u8> {
        let message = self.message.map_or(Uuid::nil(), |message| message.0);
        let subject = self.subject.as_str().as_bytes();
        [[self.field.number()].as_slice(), self.thread.0.as_bytes(), message.as_bytes(), subject].concat()
    }
}
