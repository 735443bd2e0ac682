//! The hub's view of an aggregate whose events go to sessions.

use bytes::Bytes;
use threadline_domain::thread::{TextChange, TextParts};
use threadline_domain::{Position, ThreadId};
use threadline_eventlog::{LoggedAggregate, Record};
use threadline_hub::{Audience, Membership};
use threadline_sealing::Typed;

/// An aggregate whose events go to sessions (decision 21).
///
/// Its events go either to the members of a thread, and then its own key names that thread ([`Self::thread_of`]), or to
/// the users that each event names ([`Self::audience`]).
///
/// ```text
/// record ─▶ names_users? supersedes_text? ─ no, and no local member ─▶ skipped undecoded
///    └ yes ─▶ decode ─▶ audience, membership, text_change ─▶ hub ─▶ frame, once, if a local session needs it
/// ```
///
/// Nothing here fails: a record that cannot be decoded does not get here (decision 9). The functions that read headers
/// may say yes too often, which costs time, but never no too often, which would lose events.
pub trait Delivered: LoggedAggregate<Event: Typed> {
    /// Returns the thread whose members receive the events of this aggregate; `None` when its events name their users.
    fn thread_of(id: Self::Id) -> Option<ThreadId>;

    /// Returns who receives an event.
    fn audience(event: &Self::Event) -> Audience;

    /// Returns the membership change that an event makes.
    fn membership(_: &Self::Event) -> Membership {
        Membership::Unchanged
    }

    /// Returns whether an event may concern a user who is in no local thread yet, as far as its headers tell. If not, and if
    /// its thread has no local members, the hub does not decode the event.
    fn names_users(_: &Record) -> bool {
        true
    }

    /// Returns how an event changes the text of a message.
    fn text_change(_: &Self::Event) -> Option<TextChange> {
        None
    }

    /// Returns whether an event may replace or delete the text of earlier events, as far as its headers tell. The hub decodes
    /// such an event even if no local session receives it.
    fn supersedes_text(_: &Record) -> bool {
        false
    }

    /// Removes parts of a message's text from the event that carries them.
    fn withhold(_: &mut Self::Event, _: TextParts) {}

    /// Encodes the frame that every receiver of an event gets. The event's texts are open, or erased.
    fn frame(position: Position, event: &Self::Event) -> Bytes;

    /// Returns the seq of the event that an outcome tells of.
    fn seq_of(outcome: &Self::Outcome) -> u64;
}
