//! The hub's state and its loop.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;
use threadline_domain::{Offset, Partition, ThreadId, Topic, UserId};
use threadline_eventlog::{EventLog, Start, StoppedPartitions, Tail, partition_of};
use threadline_projections::{Progress, Views};
use threadline_sealing::Keyring;
use threadline_wire::CloseCode;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::drain::Draining;
use super::feed::Held;
use super::index::Index;
use super::join::Joining;
use super::reads::KnownMark;
use super::ring::Ring;
use super::{Place, Request};
use crate::commands::Commands;
use crate::config::EdgeConfig;
use crate::signals::{Announcer, Presence, Typing};
use crate::ws::Ending;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(100);
/// How long to wait before the log is asked again where it ends.
const START_RETRY: Duration = Duration::from_millis(500);
/// A hub that starts reads the records that the views do not have yet, at most so many of a partition.
const START_RECORDS_MAX: u64 = 20_000;
/// Members' greatest read marks that are remembered, to push and append only those that rise.
const READS_MAX: usize = 50_000;

/// What a hub needs.
pub(super) struct Deps {
    pub(super) config: EdgeConfig,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) views: Views,
    pub(super) keyring: Keyring,
    pub(super) commands: Commands,
    pub(super) place: Arc<Place>,
    /// Partitions at a record that only a newer edge can read.
    pub(super) stopped: StoppedPartitions,
}

/// A partition of `messages` as the hub follows it.
pub(super) struct Followed {
    pub(super) ring: Ring,
    /// The cause of the last event: one that is not above it is a duplicate.
    pub(super) cause: Option<Offset>,
    /// Whether delivery stopped at a record that only a newer edge can read.
    pub(super) is_stopped: bool,
}

/// All that the hub knows. It lives in one task.
pub(super) struct Actor {
    pub(super) deps: Deps,
    pub(super) partitions: Vec<Followed>,
    /// Where the log ended when the hub started.
    ends: BTreeMap<Partition, Offset>,
    pub(super) index: Index,
    pub(super) joining: Joining,
    pub(super) held: Held,
    pub(super) reads: LruCache<(ThreadId, UserId), KnownMark>,
    pub(super) typing: Typing,
    pub(super) presence: Presence,
    pub(super) announcer: Announcer,
    pub(super) draining: Option<Draining>,
    /// Until when keys are not fetched, after that has failed.
    pub(super) keys_away_until: Option<Instant>,
}

/// Follows the log and serves requests until nobody can make any.
pub(super) async fn run(deps: Deps, mut inbox: mpsc::Receiver<Request>) {
    let mut destroyed = deps.keyring.destroyed();
    // Requests of sessions wait meanwhile; each bounds its wait.
    let (mut actor, mut tails) = Actor::start(deps).await;
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(batch) = tails.messages.next() => actor.on_messages(&batch).await,
            Some(batch) = tails.rejections.next() => actor.on_rejections(&batch),
            Some(batch) = tails.reads.next() => actor.on_reads(&batch),
            Some(batch) = tails.signals.next() => actor.on_signals(&batch),
            request = inbox.recv() => match request {
                Some(request) => actor.on_request(request),
                None => return,
            },
            Ok(()) = destroyed.changed() => actor.on_destroyed_keys(),
            _ = tick.tick() => actor.on_tick(Instant::now()),
        }
    }
}

struct Tails {
    messages: Tail,
    rejections: Tail,
    reads: Tail,
    signals: Tail,
}

impl Actor {
    async fn start(deps: Deps) -> (Self, Tails) {
        let (ends, rejections_end) = loop {
            match ends(&deps).await {
                Ok(ends) => break ends,
                Err(error) => {
                    tracing::warn!(error = %error, "the hub cannot start: the log does not say where it ends");
                }
            }
            tokio::time::sleep(START_RETRY).await;
        };
        // From the views' place on, the ring continues every snapshot. Without views nobody can join, so any place will do.
        let progress = deps.views.progress(Topic::Messages).await.unwrap_or_default();
        let mut from = BTreeMap::new();
        let mut partitions = Vec::with_capacity(ends.len());
        for (&partition, &end) in &ends {
            let known = progress.get(&partition).copied().unwrap_or_default();
            let Progress { next, cause } = known;
            let start = next.max(end.saturating_sub(START_RECORDS_MAX)).min(end);
            let ring = Ring::new(start, deps.config.hub.ring_bytes_max);
            partitions.push(Followed { ring, cause: cause.filter(|_| start == next), is_stopped: false });
            from.insert(partition, start);
        }
        deps.place.start(&from);
        let at =
            |from: BTreeMap<_, _>| from.into_iter().map(|(partition, next)| (partition, Start::At(next))).collect();
        let end = |topic| (0..deps.log.partitions(topic)).map(|partition| (partition, Start::End)).collect();
        let tails = Tails {
            messages: deps.log.tail(Topic::Messages, at(from)),
            rejections: deps.log.tail(Topic::Rejections, at(rejections_end)),
            reads: deps.log.tail(Topic::Reads, end(Topic::Reads)),
            signals: deps.log.tail(Topic::Signals, end(Topic::Signals)),
        };
        let edge = deps.commands.edge().to_owned();
        tracing::info!(edge.id = edge, hub.partitions = partitions.len(), "the hub follows the log");
        let actor = Self {
            partitions,
            ends,
            index: Index::default(),
            joining: Vec::new(),
            held: Held::default(),
            reads: LruCache::new(NonZeroUsize::new(READS_MAX).unwrap_or(NonZeroUsize::MIN)),
            typing: Typing::new(&deps.config.signals),
            presence: Presence::new(&deps.config.signals),
            announcer: Announcer::new(edge, Arc::clone(&deps.log), &deps.config.signals),
            draining: None,
            keys_away_until: None,
            deps,
        };
        (actor, tails)
    }

    fn on_request(&mut self, request: Request) {
        match request {
            Request::Join(join) => self.on_join(join),
            Request::Leave { user, session } => self.on_leave(&user, &session),
            Request::Read { asked, thread, number } => self.on_read(asked, thread, number),
            Request::Typing { asked, thread, active } => self.on_typing(asked, thread, active),
            Request::Presence { asked, status } => self.on_presence(asked, status),
            Request::Drain { window, done } => self.on_drain(window, done),
        }
    }

    fn on_tick(&mut self, now: Instant) {
        self.deps.commands.expire(now);
        self.note_caught_up();
        self.retry_joins();
        self.release_held();
        self.expire_signals(now);
        self.drain_on(now);
        let ring_bytes: usize = self.partitions.iter().map(|partition| partition.ring.bytes()).sum();
        metrics::gauge!("threadline_edge_ring_bytes").set(ring_bytes as f64);
        metrics::gauge!("threadline_edge_sessions").set(self.index.sessions() as f64);
    }

    /// Lets go of every frame in the rings: some may hold what was erased.
    fn on_destroyed_keys(&mut self) {
        self.partitions.iter_mut().for_each(|partition| partition.ring.forget_frames());
    }

    /// Whether all that the log held at the start has been read.
    pub(super) fn note_caught_up(&mut self) {
        if !self.ends.is_empty() && self.deps.place.reached(&self.ends) {
            self.ends.clear();
            self.deps.place.set_caught_up();
        }
    }
}

impl Drop for Actor {
    /// Without a hub nothing reaches the sessions any more: they are to go elsewhere.
    fn drop(&mut self) {
        for session in self.index.all_sessions() {
            session.end(Ending::AtOnce(CloseCode::Drain));
        }
    }
}

/// Where `messages` ends, and where the partition of `rejections` ends that this edge's refusals come to.
async fn ends(
    deps: &Deps,
) -> Result<(BTreeMap<Partition, Offset>, BTreeMap<Partition, Offset>), threadline_eventlog::Error> {
    let messages = deps.log.ends(Topic::Messages).await.all()?;
    let ours = partition_of(deps.commands.edge().as_bytes(), deps.log.partitions(Topic::Rejections));
    let mut rejections = deps.log.ends(Topic::Rejections).await.all()?;
    rejections.retain(|&partition, _| partition == ours);
    Ok((messages, rejections))
}
