//! All shards, and the users who have sessions here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};

use crate::directory::{Directory, NotEntered};
use crate::entry::{Content, Event};
use crate::join::NotJoined;
use crate::outputs::Outputs;
use crate::progress::HubProgress;
use crate::published::{Lost, Published, ThreadState};
use crate::session::Session;
use crate::shard::{Shard, ShardJoin, ShardJoined};
use crate::user::{Departure, LocalUser};

/// The topic in which membership counts, and whose partition is found by thread.
pub(crate) const THREADS: Topic = Topic::Messages;

/// The hub's bounds, and how it finds a thread's partition.
#[derive(Clone, Copy, Debug)]
pub struct HubConfig {
    /// Bytes of one ring; each partition has a ring.
    pub ring_bytes_max: usize,
    /// Sessions of one user.
    pub sessions_per_user_max: usize,
    /// Returns the partition of a thread, given the number of partitions.
    pub partition_of: fn(ThreadId, u32) -> Partition,
}

/// Where the hub starts in one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The next offset.
    pub next: Offset,
    /// The cause of the last event before it, if known.
    pub cause: Option<Offset>,
}

/// Where the hub starts in each partition of the topics that it follows.
pub type Starts = BTreeMap<Topic, Vec<Start>>;

/// Decides which session receives which frame. Every method may be called from any thread.
///
/// The events of one partition must come in the order of the log, from one task at a time; different partitions are
/// independent. Nothing fails: a session whose queue is full is ended as slow, and others do not notice.
///
/// ```text
/// match hub.publish(event, Content::NotEncoded, &mut out) {
///     Published::FrameWanted(event) => { let frame = encode(&event); hub.publish(*event, Content::Frame(frame), &mut out); }
///     Published::Delivered | Published::Duplicate => {}
/// }
/// for session in out.flush.drain(..) { session.write_to_socket(); }
/// ```
#[derive(Debug)]
pub struct Hub<S> {
    config: HubConfig,
    shards: Vec<Mutex<Shard<S>>>,
    /// The first shard of each topic; the others follow by partition.
    first_shards: BTreeMap<Topic, usize>,
    directory: Directory<S>,
    progress: Arc<HubProgress>,
}

impl<S: Session> Hub<S> {
    /// Makes a hub without sessions.
    pub fn new(config: HubConfig, starts: &Starts) -> Self {
        let (mut shards, mut first_shards) = (Vec::new(), BTreeMap::new());
        for (&topic, partitions) in starts {
            first_shards.insert(topic, shards.len());
            for &Start { next, cause } in partitions {
                shards.push(Mutex::new(Shard::new(shards.len(), next, cause, config.ring_bytes_max)));
            }
        }
        let offsets = |partitions: &Vec<Start>| partitions.iter().map(|start| start.next).collect();
        let offsets = starts.iter().map(|(&topic, partitions)| (topic, offsets(partitions))).collect();
        let progress = Arc::new(HubProgress::new(&offsets));
        Self { config, shards, first_shards, directory: Directory::new(), progress }
    }

    /// Returns the hub's progress.
    pub fn progress(&self) -> &Arc<HubProgress> {
        &self.progress
    }

    /// Returns whether an event of this thread concerns a local session.
    pub fn wants(&self, thread: ThreadId) -> bool {
        self.thread(thread).is_some()
    }

    /// Returns whether an event with this cause was published before.
    pub fn is_duplicate(&self, topic: Topic, partition: Partition, cause: Offset) -> bool {
        self.shard(topic, partition).is_some_and(|shard| shard.is_duplicate(cause))
    }

    /// Delivers an event to its local receivers and keeps it in the ring. Events of a partition come in the order of the
    /// log.
    pub fn publish(&self, event: Event, content: Content, out: &mut Outputs<S>) -> Published {
        let Position { topic, partition, offset } = event.position;
        let Some(mut shard) = self.shard(topic, partition) else { return Published::Duplicate };
        let published = shard.publish(event, content, &self.directory, out);
        if !matches!(published, Published::FrameWanted(_)) {
            self.progress.advance(topic, partition, offset + 1);
        }
        published
    }

    /// Skips an event of `messages` that nobody can read. Local members of its thread receive `frame`.
    pub fn lose(&self, partition: Partition, lost: &Lost, frame: &Bytes, out: &mut Outputs<S>) {
        if let Some(mut shard) = self.shard(THREADS, partition) {
            shard.lose(lost, frame, out);
        }
        self.skip(THREADS, partition, lost.offset);
    }

    /// Skips a record of which nothing is known.
    pub fn skip(&self, topic: Topic, partition: Partition, offset: Offset) {
        if let Some(mut shard) = self.shard(topic, partition) {
            shard.skip(offset);
            self.progress.advance(topic, partition, offset + 1);
        }
    }

    /// Adds a session that has joined no shard yet.
    pub(crate) fn enter(&self, user: &UserId, session: &Arc<S>) -> Result<Arc<LocalUser<S>>, NotJoined> {
        match self.directory.enter(user, session, self.config.sessions_per_user_max) {
            Ok(user) => Ok(user),
            Err(NotEntered::Closed) => Err(NotJoined::Closed),
            Err(NotEntered::TooManySessions) => Err(NotJoined::TooManySessions),
        }
    }

    /// Joins a session to one shard.
    pub(crate) fn join_shard(
        &self,
        number: usize,
        user: &Arc<LocalUser<S>>,
        session: &Arc<S>,
        join: &ShardJoin<'_>,
    ) -> Result<ShardJoined, NotJoined> {
        lock(&self.shards[number]).join(user, session, join)
    }

    /// Returns every shard's topic and partition, in the order in which sessions join.
    pub(crate) fn shards(&self) -> Vec<(Topic, Partition)> {
        let of =
            |(&topic, &first)| (0..self.shards_of(topic, first).len() as u32).map(move |partition| (topic, partition));
        self.first_shards.iter().flat_map(of).collect()
    }

    /// Removes a session; returns the user's threads if it was the user's last session.
    pub fn leave(&self, user: &Arc<LocalUser<S>>, session: &Arc<S>) -> Option<Vec<ThreadId>> {
        let Departure::Last(threads) = self.directory.leave(user, session) else { return None };
        for &thread in &threads {
            if let Some(mut shard) = self.shard_of(thread) {
                shard.remove(user, thread);
            }
        }
        Some(threads)
    }

    /// Takes no more sessions, and returns those that are here.
    pub fn close(&self) -> Vec<Arc<S>> {
        self.directory.close();
        self.sessions()
    }

    /// Returns what the hub knows of a thread with local members.
    pub fn thread(&self, thread: ThreadId) -> Option<ThreadState> {
        self.shard_of(thread)?.thread(thread)
    }

    /// Returns the local members of a thread.
    pub fn members(&self, thread: ThreadId) -> Vec<Arc<LocalUser<S>>> {
        self.shard_of(thread).map(|shard| shard.members(thread).to_vec()).unwrap_or_default()
    }

    /// Queues a frame for the sessions of a thread's local members, except for those of one user.
    pub fn push(&self, thread: ThreadId, except: Option<&UserId>, frame: &Bytes, out: &mut Outputs<S>) {
        if let Some(shard) = self.shard_of(thread) {
            shard.push(thread, except, frame, out);
        }
    }

    /// Returns a local user.
    pub fn user(&self, id: &UserId) -> Option<Arc<LocalUser<S>>> {
        self.directory.user(id)
    }

    /// Returns every local user.
    pub fn users(&self) -> Vec<Arc<LocalUser<S>>> {
        self.directory.users()
    }

    /// Returns every session.
    pub fn sessions(&self) -> Vec<Arc<S>> {
        self.directory.users().iter().flat_map(|user| user.sessions()).collect()
    }

    /// Returns the number of sessions.
    pub fn count_sessions(&self) -> usize {
        self.directory.sessions()
    }

    /// Drops all frames in the rings: some may hold a text whose key was destroyed.
    pub fn forget_frames(&self) {
        self.shards.iter().for_each(|shard| lock(shard).forget_frames());
    }

    /// Returns the bytes that all rings hold.
    pub fn ring_bytes(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).ring_bytes()).sum()
    }

    /// Returns the partition of a thread.
    pub fn partition_of(&self, thread: ThreadId) -> Partition {
        (self.config.partition_of)(thread, self.count_partitions(THREADS))
    }

    fn count_partitions(&self, topic: Topic) -> u32 {
        let Some(&first) = self.first_shards.get(&topic) else { return 0 };
        self.shards_of(topic, first).len() as u32
    }

    fn shards_of(&self, topic: Topic, first: usize) -> &[Mutex<Shard<S>>] {
        let mut later = self.first_shards.range((std::ops::Bound::Excluded(topic), std::ops::Bound::Unbounded));
        let end = later.next().map_or(self.shards.len(), |(_, &next)| next);
        &self.shards[first..end]
    }

    fn shard(&self, topic: Topic, partition: Partition) -> Option<MutexGuard<'_, Shard<S>>> {
        let &first = self.first_shards.get(&topic)?;
        self.shards_of(topic, first).get(partition as usize).map(lock)
    }

    fn shard_of(&self, thread: ThreadId) -> Option<MutexGuard<'_, Shard<S>>> {
        self.shard(THREADS, self.partition_of(thread))
    }
}

fn lock<S>(shard: &Mutex<Shard<S>>) -> MutexGuard<'_, Shard<S>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}
