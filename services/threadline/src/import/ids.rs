//! Message ids that follow from the messages: the same file, or a longer one, gives the same ids.

use std::collections::HashMap;

use threadline_domain::MessageId;
use uuid::Uuid;

use super::history::Message;

/// Namespace of the digests in the ids.
const MESSAGES: Uuid = Uuid::from_u128(0x5d0c_b3f1_7a3e_5c55_8f2a_61c4_0d9b_7e12);
/// What fits into the 12 bits after the time.
const ORDINAL_MAX: u16 = 0x0fff;

/// Gives ids in the shape of UUIDv7: the time, then the message's place among those of its thread at the same
/// millisecond (old chats keep whole seconds), then a digest. Within a thread, whose times do
/// not fall, ids rise.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// By thread key: the time of the last message and its place.
    last: HashMap<String, (i64, u16)>,
}

impl Ids {
    pub(super) fn of(&mut self, message: &Message) -> MessageId {
        let ms = message.sent_at.millis();
        let ordinal = match self.last.get_mut(&message.thread_key) {
            Some((last_ms, ordinal)) if *last_ms == ms => {
                *ordinal = ordinal.saturating_add(1);
                *ordinal
            }
            Some(last) => {
                *last = (ms, 0);
                0
            }
            None => {
                self.last.insert(message.thread_key.clone(), (ms, 0));
                0
            }
        };
        // A line feed can stand in none of them but the content, which comes last.
        let Message { thread_key, sender, kind, content, .. } = message;
        let digest =
            Uuid::new_v5(&MESSAGES, format!("{thread_key}\n{sender}\n{ordinal}\n{kind}\n{content}").as_bytes());
        let time = (ms as u128 & 0xffff_ffff_ffff) << 80;
        let place = u128::from(ordinal.min(ORDINAL_MAX)) << 64;
        let tail = digest.as_u128() & 0x3fff_ffff_ffff_ffff;
        MessageId(Uuid::from_u128(time | (0x7 << 76) | place | (0b10 << 62) | tail))
    }
}

#[cfg(test)]
mod tests {
    use threadline_domain::thread::MessageKind;
    use threadline_domain::{Timestamp, UserId};

    use super::*;

    fn message(thread_key: &str, ms: i64, content: &str) -> Message {
        let sender = UserId::new("ann").expect("a user");
        Message {
            thread_key: thread_key.into(),
            sender,
            sent_at: Timestamp(ms),
            kind: MessageKind::Text,
            content: content.into(),
        }
    }

    #[test]
    fn ids_rise_within_a_thread_and_are_the_same_again() {
        let file: Vec<Message> = (0..6_000).map(|n| message("k", 1_000 * (n / 5), "same words")).collect();
        let ids = |file: &[Message]| {
            let mut ids = Ids::default();
            file.iter().map(|message| ids.of(message)).collect::<Vec<_>>()
        };
        let first = ids(&file);
        assert!(first.is_sorted_by(|one, next| one < next));
        assert_eq!(first, ids(&file));
        assert!(first.iter().all(|id| id.minted_ms().is_some() && id.0.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(first[7].minted_ms(), Some(1_000));
    }

    #[test]
    fn the_same_words_at_one_moment_differ_by_thread_and_by_place() {
        let mut ids = Ids::default();
        let all = [ids.of(&message("k", 1, "hi")), ids.of(&message("k", 1, "hi")), ids.of(&message("l", 1, "hi"))];
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
    }
}
