//! Digests of message bodies, kept in the place of the bodies: equal bodies, equal digests. Of sealed texts they are
//! made from keyed digests, so they tell nothing once the key is destroyed.

use uuid::Uuid;

use crate::thread::{EditMessage, MessageKind, PostMessage};
use crate::{Actor, MessageId, Metadata, Text};

/// Namespace of the digests of posted bodies.
const POSTED: Uuid = Uuid::from_u128(0x3d0e_8f3c_6b0b_5c0e_8a51_92d3_5f7d_41c6);
/// Namespace of the digests of edits.
const EDITED: Uuid = Uuid::from_u128(0x95a1_0c57_2f4e_5d38_b1f6_7be4_0d12_9e83);

impl PostMessage {
    /// Returns the digest that a message has after this posting by `sender` (see
    /// [`MessageFact::posted_digest`](crate::thread::MessageFact::posted_digest)): equal only for a retry.
    pub fn digest(&self, sender: &Actor) -> Uuid {
        posted(sender, self.kind, &self.content, &self.metadata, self.reply_to)
    }
}

impl EditMessage {
    /// Returns the digest that a message has after this edit (see
    /// [`MessageFact::edited_digest`](crate::thread::MessageFact::edited_digest)).
    pub fn digest(&self) -> Uuid {
        edited(&self.content, self.metadata.as_ref())
    }
}

/// Digests what a message was posted with, and by whom.
pub(super) fn posted(
    sender: &Actor,
    kind: MessageKind,
    content: &Text,
    metadata: &Metadata,
    reply_to: Option<MessageId>,
) -> Uuid {
    let reply_to = reply_to.map(|id| id.0.into_bytes());
    of(
        &POSTED,
        &[
            Some(sender.as_str().as_bytes()),
            Some(kind.name().as_bytes()),
            Some(content.fingerprint()),
            Some(metadata.fingerprint()),
            reply_to.as_ref().map(<[u8; 16]>::as_slice),
        ],
    )
}

/// Digests what a message was edited to.
pub(super) fn edited(content: &Text, metadata: Option<&Metadata>) -> Uuid {
    of(&EDITED, &[Some(content.fingerprint()), metadata.map(Metadata::fingerprint)])
}

/// Each part follows its length, so no two lists of parts have the same bytes.
fn of(namespace: &Uuid, parts: &[Option<&[u8]>]) -> Uuid {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.map_or(0, <[u8]>::len)).sum());
    for part in parts {
        bytes.extend(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.unwrap_or_default());
    }
    Uuid::new_v5(namespace, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_stay_what_they_are() {
        // Views hold them: another digest for the same body would turn every retry into a conflict.
        let ann = "ann".parse().unwrap();
        let metadata = Metadata::from_canonical_json(r#"{"a":1}"#);
        let digest = posted(&ann, MessageKind::Text, &"hello".into(), &metadata, Some(MessageId(Uuid::from_u128(7))));
        assert_eq!(digest.to_string(), "ffe578b2-82ab-563a-861d-ddb01a96464b");
        assert_eq!(edited(&"hello".into(), None).to_string(), "e4277d3d-a43b-5bc3-a803-02e5c4fcbcbb");
    }

    #[test]
    fn every_part_counts() {
        let user = |id: &str| id.parse().unwrap();
        let empty = Metadata::default();
        let other = Metadata::from_canonical_json(r#"{"a":1}"#);
        let mut digests = vec![
            posted(&user("ann"), MessageKind::Text, &"x".into(), &empty, None),
            posted(&user("annt"), MessageKind::Text, &"x".into(), &empty, None),
            posted(&user("ann"), MessageKind::File, &"x".into(), &empty, None),
            posted(&user("ann"), MessageKind::Text, &"x{}".into(), &empty, None),
            posted(&user("ann"), MessageKind::Text, &"x".into(), &other, None),
            posted(&user("ann"), MessageKind::Text, &"x".into(), &empty, Some(MessageId(Uuid::nil()))),
            edited(&"x".into(), None),
            edited(&"x".into(), Some(&empty)),
            edited(&"x".into(), Some(&other)),
            edited(&"x{}".into(), None),
        ];
        let count = digests.len();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
