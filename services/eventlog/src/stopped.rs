//! Partitions that a role does not serve because they hold a record it cannot read yet.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Partition, Position, Topic};

/// A record whose schema this program does not know, because a newer program wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Where the record is.
    pub position: Position,
    pub schema_id: u32,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped at {}: no schema has the id {}, a newer program wrote it", self.position, self.schema_id)
    }
}

/// The partitions that a role does not serve until a newer program runs. Cheap to clone: clones share the list, which
/// the role writes and its `/readyz` reads.
#[derive(Clone, Debug, Default)]
pub struct StoppedPartitions(Arc<Mutex<BTreeMap<(Topic, Partition), Stopped>>>);

impl StoppedPartitions {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a partition, and logs it unless it was listed already.
    pub fn stop(&self, stopped: Stopped) {
        let Position { topic, partition, .. } = stopped.position;
        if self.lock().insert((topic, partition), stopped) != Some(stopped) {
            tracing::error!(%topic, partition, "{stopped}; retrying until this program is replaced by a newer one");
        }
    }

    /// Removes a partition that goes on, or is not this role's any more.
    pub fn clear(&self, topic: Topic, partition: Partition) {
        self.lock().remove(&(topic, partition));
    }

    /// Returns all of them.
    pub fn all(&self) -> Vec<Stopped> {
        self.lock().values().copied().collect()
    }

    /// Fails when a partition stands still; the text names each one.
    pub fn check(&self) -> Result<(), String> {
        let stopped: Vec<String> = self.lock().values().map(Stopped::to_string).collect();
        if stopped.is_empty() { Ok(()) } else { Err(stopped.join("; ")) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(Topic, Partition), Stopped>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_is_named_until_it_goes_on() {
        let stopped = StoppedPartitions::new();
        assert_eq!(stopped.clone().check(), Ok(()));
        let position = Position { topic: Topic::Messages, partition: 3, offset: 12 };
        stopped.clone().stop(Stopped { position, schema_id: 27 });
        let text = "stopped at messages:3:12: no schema has the id 27, a newer program wrote it";
        assert_eq!(stopped.check(), Err(text.into()));
        stopped.clear(Topic::MessagesCommands, 3);
        assert!(stopped.check().is_err());
        stopped.clear(Topic::Messages, 3);
        assert_eq!(stopped.check(), Ok(()));
    }
}
