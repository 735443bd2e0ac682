//! Which version of a record holds what is to be said.

use threadline_domain::thread::MessageKind;

/// The oldest version of a posting, command and event, that holds a message of this kind. An older program takes a kind that
/// it does not know for a corrupt record: a new kind needs a new version.
pub(super) const fn posting_version(kind: MessageKind) -> u32 {
    match kind {
        MessageKind::Text
        | MessageKind::System
        | MessageKind::Payment
        | MessageKind::Dispute
        | MessageKind::JobUpdate
        | MessageKind::Voice
        | MessageKind::File => 1,
        #[cfg(feature = "fixture-newer")]
        MessageKind::Fixture => 2,
    }
}
