//! What is there already of the threads that are imported into.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use threadline_domain::thread::{Change, Event, MessageFact, Role, Thread};
use threadline_domain::{Actor, MessageId, Partition, ServiceId, ThreadId, Timestamp, Topic, UserId};
use threadline_eventlog::{LoggedAggregate, partition_of};
use threadline_projections::ExistingThread;

use super::plan::Plan;
use crate::error::Error;
use crate::storage::Storage;

/// Who does what the old system does not say who did, and what only a service may do.
pub(super) const IMPORTER: &str = "import";
/// Threads that are looked up together.
const THREADS_AT_ONCE_MAX: usize = 500;
/// How long the projections may take to come up with the log.
pub(super) const PROJECTIONS_WITHIN: Duration = Duration::from_mins(5);
/// The pause between two looks at the progress of the states.
const LOOK_PAUSE: Duration = Duration::from_millis(20);

/// Returns the importer as an actor.
pub(super) fn importer() -> Actor {
    Actor::Service(ServiceId::new(IMPORTER).expect("the name of a service"))
}

/// The threads of the plan that exist.
#[derive(Debug, Default)]
pub(super) struct Present(BTreeMap<ThreadId, PresentThread>);

/// A thread that exists.
#[derive(Debug)]
pub(super) struct PresentThread {
    pub(super) now: ExistingThread,
    /// Everybody who was ever in it.
    past: HashMap<UserId, Past>,
}

/// Somebody's past in a thread.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past {
    /// When the person last left or was removed.
    pub(super) removed_at: Option<Timestamp>,
    /// Whether a person has brought this one in or given the role since: then it is not the old system's business any more.
    pub(super) is_changed_here: bool,
}

impl PresentThread {
    /// Returns what there was of a person; `None` for one who was never in it.
    pub(super) fn past(&self, user: &UserId) -> Option<Past> {
        self.past.get(user).copied()
    }

    /// Whether others than this import have written in it.
    pub(super) const fn is_in_use(&self) -> bool {
        self.now.foreign_messages > 0
    }

    fn new(now: ExistingThread) -> Self {
        let mut past: HashMap<UserId, Past> = HashMap::new();
        // What cannot be read changes nothing here either.
        let events = now.changes.iter().filter_map(|value| Thread::decode_event(value).ok());
        for (Event { actor, at, change, .. }, _) in events {
            match change {
                Change::ThreadCreated(created) => {
                    past.extend(created.members.into_iter().map(|member| (member.user, Past::default())));
                }
                Change::MemberAdded { user, .. } | Change::MemberRoleChanged { user, .. } => {
                    past.entry(user).or_default().is_changed_here = actor != importer();
                }
                Change::MemberRemoved { user } => past.entry(user).or_default().removed_at = Some(at),
                _ => {}
            }
        }
        for user in now.members.keys() {
            past.entry(user.clone()).or_default();
        }
        Self { now, past }
    }

    /// Returns the role that a person has now.
    pub(super) fn role(&self, user: &UserId) -> Option<Role> {
        self.now.members.get(user).map(|member| member.role)
    }
}

impl Present {
    /// Looks for all threads of the plan. Nothing of an earlier import may be under way.
    pub(super) async fn load(storage: &Storage, plan: &Plan) -> Result<Self, Error> {
        let wanted: Vec<_> = plan.taken().map(|(_, thread)| (thread.id, thread.mark)).collect();
        let mut present = BTreeMap::new();
        for wanted in wanted.chunks(THREADS_AT_ONCE_MAX) {
            let found = storage.conversations.existing_threads(wanted).await?;
            present.extend(found.into_iter().map(|(id, now)| (id, PresentThread::new(now))));
        }
        Ok(Self(present))
    }

    pub(super) fn get(&self, thread: ThreadId) -> Option<&PresentThread> {
        self.0.get(&thread)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether others than this import have written in one of them.
    pub(super) fn has_threads_in_use(&self) -> bool {
        self.0.values().any(PresentThread::is_in_use)
    }

    /// Looks up what the rules know of messages in these threads.
    pub(super) async fn facts(
        &self,
        storage: &Storage,
        messages: impl Iterator<Item = (ThreadId, MessageId)>,
    ) -> Result<HashMap<(ThreadId, MessageId), MessageFact>, Error> {
        let partitions = storage.log.partitions(Topic::Messages);
        let mut wanted: BTreeMap<Partition, Vec<(ThreadId, MessageId)>> = BTreeMap::new();
        for (thread, message) in messages.filter(|(thread, _)| self.0.contains_key(thread)) {
            let partition = partition_of(thread.to_string().as_bytes(), partitions);
            wanted.entry(partition).or_default().push((thread, message));
        }
        let mut facts = HashMap::new();
        for (partition, mut messages) in wanted {
            messages.sort_unstable();
            messages.dedup();
            let loaded = storage.states.load(partition, &[], &messages).await?;
            let found = messages.into_iter().zip(loaded.facts);
            facts.extend(found.filter_map(|(message, fact)| Some((message, fact?))));
        }
        Ok(facts)
    }
}

/// Waits until everything that is in the log now can be looked up.
pub(super) async fn wait_for_projections(storage: &Storage) -> Result<(), Error> {
    for topic in [Topic::Messages, Topic::Reads, Topic::Users] {
        let ends = storage.log.ends(topic).await.all()?;
        storage.conversations.wait_for_ends(topic, &ends, PROJECTIONS_WITHIN).await?;
    }
    let ends = storage.log.ends(Topic::Messages).await.all()?;
    let deadline = tokio::time::Instant::now() + PROJECTIONS_WITHIN;
    loop {
        let progress = storage.states.progress(Topic::Messages).await?;
        let reached = |partition| progress.get(partition).map_or(0, |progress| progress.next);
        if ends.iter().all(|(partition, end)| reached(partition) >= *end) {
            return Ok(());
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(Error::Tool("the projections do not come up with the log: is a projector running?".into()));
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}
