//! The thread aggregate: membership, messages, and the order of everything inside a conversation.

mod add_member;
mod archive;
mod change;
mod change_role;
mod command;
mod create;
mod decide;
mod delete_message;
mod digest;
mod edit_message;
mod event;
mod event_kind;
mod evolve;
mod facts;
#[cfg(test)]
mod fixtures;
mod guards;
mod post_message;
mod rejection;
mod remove_member;
mod state;
mod superseded;
mod texts;

pub use command::{Action, ChangeThread, Command, CreateThread, EditMessage, PostMessage};
pub use event::{Change, Event, MessagePosted, ThreadChanged, ThreadCreated};
pub use event_kind::EventKind;
pub(crate) use rejection::NoEvent;
pub use rejection::{Outcome, Rejection};
pub use state::{Member, MessageFact, Thread};
pub use superseded::{TextChange, TextParts};

use std::fmt;
use std::str::FromStr;

use crate::Invalid;

/// The kind of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Two people; exists once for each pair; its membership never changes.
    Dm,
    /// People whom its owners and admins name.
    Group,
    /// A group that people join and leave freely.
    Channel,
}

/// What a member may do in a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, roles included.
    Owner,
    /// Adds and removes members, renames, deletes others' messages.
    Admin,
    /// Reads and writes.
    Member,
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// Written by a person.
    Text,
    /// Written by the system about the thread.
    System,
    /// About a payment.
    Payment,
    /// About a dispute.
    Dispute,
    /// About a job's status.
    JobUpdate,
    /// A voice note.
    Voice,
    File,
    /// A kind that only the fixture of a newer version knows.
    #[cfg(feature = "fixture-newer")]
    Fixture,
}

impl MessageKind {
    /// Whether only services post it, because people must not be able to claim what it says.
    pub const fn is_reserved(self) -> bool {
        match self {
            Self::System | Self::Payment | Self::Dispute | Self::JobUpdate => true,
            Self::Text | Self::Voice | Self::File => false,
            #[cfg(feature = "fixture-newer")]
            Self::Fixture => false,
        }
    }
}

/// Converts to and from the contract's names.
macro_rules! named {
    ($type:ident: $($(#[$when:meta])? $variant:ident = $name:literal),+) => {
        impl $type {
            pub const ALL: &[Self] = &[$($(#[$when])? Self::$variant),+];

            /// Returns the name in the contract.
            pub const fn name(self) -> &'static str {
                match self { $($(#[$when])? Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Invalid;

            fn from_str(name: &str) -> Result<Self, Invalid> {
                match name { $($(#[$when])? $name => Ok(Self::$variant),)+ _ => Err(Invalid::Value) }
            }
        }
    };
}

named!(Kind: Dm = "dm", Group = "group", Channel = "channel");
named!(Role: Owner = "owner", Admin = "admin", Member = "member");
named!(MessageKind: Text = "text", System = "system", Payment = "payment", Dispute = "dispute",
    JobUpdate = "job_update", Voice = "voice", File = "file", #[cfg(feature = "fixture-newer")] Fixture = "fixture");
