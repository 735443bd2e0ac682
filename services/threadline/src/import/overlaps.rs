//! Files that overlap: a later one may hold messages of an earlier one again, but no others that are older.

use std::collections::{HashMap, HashSet};

use threadline_domain::{MessageId, Timestamp};

use super::lines::Fault;
use super::records::ThreadIndex;

/// The messages of threads in several files, from where these overlap on.
#[derive(Debug, Default)]
pub(super) struct Overlaps(HashMap<ThreadIndex, Overlap>);

#[derive(Debug, Default)]
struct Overlap {
    ids: HashSet<MessageId>,
    newest: Timestamp,
}

impl Overlaps {
    /// Takes a message in the order of the files, unless it would come after newer ones. `from` is where the files of its
    /// thread begin to overlap, if they do.
    pub(super) fn observe(
        &mut self,
        thread: ThreadIndex,
        from: Option<Timestamp>,
        sent_at: Timestamp,
        id: MessageId,
    ) -> Result<(), Fault> {
        let Some(from) = from else { return Ok(()) };
        let overlap = self.0.entry(thread).or_default();
        if sent_at < overlap.newest && !overlap.ids.contains(&id) {
            let reason = "is before messages of this thread in a file before, which does not have this one: give the files in \
                          the order of their times";
            return Err(Fault::of("sent_at", reason));
        }
        overlap.newest = overlap.newest.max(sent_at);
        if sent_at >= from {
            overlap.ids.insert(id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_later_file_may_repeat_messages_and_add_newer_ones() {
        let mut overlaps = Overlaps::default();
        let mut meet = |ms, id| {
            let id = MessageId(Uuid::from_u128(id));
            overlaps.observe(ThreadIndex(0), Some(Timestamp(20)), Timestamp(ms), id).is_ok()
        };
        assert!(meet(10, 1) && meet(20, 2) && meet(30, 3), "the first file");
        assert!(meet(20, 2) && meet(30, 3) && meet(30, 4) && meet(40, 5), "the second one overlaps");
        assert!(!meet(25, 6) && !meet(20, 7), "what is older and new would come too late");
        let (index, none) = (ThreadIndex(1), MessageId(Uuid::nil()));
        assert!(overlaps.observe(index, None, Timestamp(9), none).is_ok());
    }
}
