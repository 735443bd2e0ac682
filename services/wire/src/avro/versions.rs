//! Which version of a record holds a value.

use threadline_domain::thread::MessageKind;

/// Returns the oldest version of a posting, command and event, that holds a message of this kind. An older program
/// takes an unknown kind for a corrupt record, so a new kind needs a new version.
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
