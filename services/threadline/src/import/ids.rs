//! Ids that follow from what the old system has: the same export, or a longer one, gives the same ids.

use std::collections::HashMap;

use threadline_domain::{MessageId, ThreadId, Timestamp};
use threadline_projections::IdMark;
use uuid::{Builder, Uuid};

use super::records::{Body, MessageRecord, OldId, ThreadIndex};

/// Namespace of the hashes in the ids.
const IMPORTS: Uuid = Uuid::from_u128(0x5d0c_b3f1_7a3e_5c55_8f2a_61c4_0d9b_7e12);

/// Returns the id of a thread without a key and with any number of people: it follows from the old id alone.
pub(super) fn thread(source: &str, id: &OldId) -> ThreadId {
    let hash = Uuid::new_v5(&IMPORTS, format!("thread\n{source}\n{id}").as_bytes());
    let mut random = [0; 10];
    random.copy_from_slice(&hash.as_bytes()[..10]);
    ThreadId(Builder::from_unix_timestamp_millis(0, &random).into_uuid())
}

/// Returns what all ids of messages of a source have in common in a thread.
pub(super) fn mark(source: &str, thread: ThreadId) -> IdMark {
    let hash = Uuid::new_v5(&IMPORTS, format!("mark\n{source}\n{thread}").as_bytes());
    let [a, b, c, d, ..] = hash.into_bytes();
    IdMark([0x70 | (a & 0x0f), b, 0x80 | (c & 0x3f), d])
}

/// Gives the ids of messages, in the shape of a UUIDv7: six bytes of time, the mark, and six bytes of a hash.
#[derive(Debug)]
pub(super) struct MessageIds {
    source: String,
    file: u32,
    /// Of lines without ids: the contents that each thread had in its last millisecond, and how often.
    copies: HashMap<ThreadIndex, Moment>,
}

#[derive(Debug)]
struct Moment {
    at: Timestamp,
    contents: Vec<(Uuid, u64)>,
}

impl MessageIds {
    pub(super) fn new(source: &str) -> Self {
        Self { source: source.to_owned(), file: 0, copies: HashMap::new() }
    }

    /// Returns the id of a message. What has no old id is told by all that is in it: of equal lines at the same millisecond
    /// in one file, the second one is the second copy. Nothing else of the file counts, so an export that begins in the
    /// middle of a second gives the same ids.
    pub(super) fn of(
        &mut self,
        message: &MessageRecord,
        file: u32,
        index: ThreadIndex,
        thread: ThreadId,
        mark: IdMark,
    ) -> MessageId {
        if file != self.file {
            self.file = file;
            self.copies.clear();
        }
        let source = &self.source;
        let hash = match (&message.id, &message.body) {
            (Some(id), _) => Uuid::new_v5(&IMPORTS, format!("message\n{source}\n{thread}\n{id}").as_bytes()),
            // Only a record of type `message` can be deleted, and it has an id.
            (None, Body::Deleted { .. }) => Uuid::nil(),
            (None, Body::Typed { content, .. }) => {
                // A line feed can stand in none of them but the content, which comes last.
                let MessageRecord { sender, kind, .. } = message;
                let text = format!("line\n{source}\n{thread}\n{sender}\n{kind}\n{content}");
                let hash = Uuid::new_v5(&IMPORTS, text.as_bytes());
                match self.copy(index, message.sent_at, hash) {
                    0 => hash,
                    copy => Uuid::new_v5(&hash, &copy.to_be_bytes()),
                }
            }
        };
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&message.sent_at.millis().to_be_bytes()[2..]);
        bytes[6..10].copy_from_slice(&mark.0);
        bytes[10..].copy_from_slice(&hash.as_bytes()[10..]);
        MessageId(Uuid::from_bytes(bytes))
    }

    /// Counts how many equal lines the thread had at this moment before.
    fn copy(&mut self, index: ThreadIndex, at: Timestamp, content: Uuid) -> u64 {
        let moment = self.copies.entry(index).or_insert_with(|| Moment { at, contents: Vec::new() });
        if moment.at != at {
            *moment = Moment { at, contents: std::mem::take(&mut moment.contents) };
            moment.contents.clear();
        }
        if let Some((_, copies)) = moment.contents.iter_mut().find(|(other, _)| *other == content) {
            *copies += 1;
            return *copies;
        }
        moment.contents.push((content, 0));
        0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use threadline_domain::thread::MessageKind;
    use threadline_domain::{Metadata, UserId};

    use super::super::records::ThreadName;
    use super::*;

    fn line(ms: i64, content: &str) -> MessageRecord {
        let body = Body::Typed { content: content.into(), metadata: Metadata::default(), edited_at: None };
        let sender = UserId::new("ann").expect("a user").into();
        let (thread, kind) = (ThreadName::Key("k".into()), MessageKind::Text);
        MessageRecord { thread, id: None, sender, sent_at: Timestamp(ms), kind, reply_to: None, body }
    }

    fn ids(file: u32, ids: &mut MessageIds, lines: &[MessageRecord]) -> Vec<MessageId> {
        let thread = ThreadId::of_key("k");
        lines.iter().map(|line| ids.of(line, file, ThreadIndex(0), thread, mark("old", thread))).collect()
    }

    #[test]
    fn an_export_cut_inside_a_moment_gives_the_same_ids() {
        let lines = [line(1_000, "a"), line(2_000, "b"), line(2_000, "c"), line(2_000, "c"), line(3_000, "b")];
        let mut all = MessageIds::new("old");
        let first = ids(0, &mut all, &lines);
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 5);
        let mut cut = MessageIds::new("old");
        assert_eq!(ids(0, &mut cut, &lines[2..]), first[2..]);
        // The next file begins anew, wherever it overlaps.
        assert_eq!(ids(1, &mut all, &lines[1..]), first[1..]);
    }

    #[test]
    fn ids_are_v7_with_the_mark_of_source_and_thread() {
        let thread = ThreadId::of_key("k");
        let [id] = ids(0, &mut MessageIds::new("old"), &[line(1_769_857_200_500, "hi")])[..] else { panic!() };
        assert_eq!((id.minted_ms(), id.0.get_variant()), (Some(1_769_857_200_500), uuid::Variant::RFC4122));
        assert_eq!(id.0.as_bytes()[6..10], mark("old", thread).0);
        assert_ne!(mark("old", thread), mark("new", thread));
        assert_ne!(mark("old", thread), mark("old", ThreadId::of_key("l")));
    }

    #[test]
    fn an_old_id_tells_a_message_whatever_is_in_it() {
        let with_id = |content: &str| MessageRecord { id: Some(OldId("7".into())), ..line(1_000, content) };
        let mut all = MessageIds::new("old");
        let [one, edited, again] = ids(0, &mut all, &[with_id("a"), with_id("b"), with_id("b")])[..] else { panic!() };
        assert!(one == edited && edited == again);
        assert_ne!(one, ids(0, &mut MessageIds::new("other"), &[with_id("a")])[0]);
    }

    #[test]
    fn a_thread_without_a_key_has_an_id_of_its_own() {
        let id = thread("old", &OldId("7".into()));
        assert_eq!(id.0.get_version_num(), 7);
        assert_eq!(id, thread("old", &OldId("7".into())));
        assert_ne!(id, thread("other", &OldId("7".into())));
    }
}
