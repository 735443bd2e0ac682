//! A driver of the hub that keeps everything in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rand::Rng;
use rand::rngs::StdRng;
use threadline_domain::{Offset, Partition, Position, Topic};
use threadline_hub::{
    Content, Hub, HubConfig, NeedsFlush, Outputs, Published, Queued, SendQueue, SendQueueConfig, Session, Start,
    Starts, Written,
};
use threadline_wire::CloseCode;

use crate::log::{Kind, Log, TOPICS, partition_of};

/// A session with a wire that holds what was written.
#[derive(Debug)]
pub(crate) struct SimSession {
    pub(crate) queue: SendQueue,
    wire: Mutex<Vec<String>>,
    /// Whether the client reads nothing.
    is_blocked: AtomicBool,
}

impl SimSession {
    pub(crate) fn new(frames_max: usize) -> Self {
        let queue = SendQueue::new(SendQueueConfig { bytes_max: 1 << 20, frames_max });
        queue.open(Vec::new());
        Self { queue, wire: Mutex::default(), is_blocked: AtomicBool::new(true) }
    }

    /// Writes what waits, unless the client reads nothing.
    pub(crate) fn flush(&self) {
        if self.is_blocked.load(Ordering::Relaxed) {
            return;
        }
        let write = |items: &VecDeque<Queued>, _| {
            let mut wire = self.wire.lock().expect("a wire");
            for item in items {
                let Queued::Text(frame) = item else { panic!("nobody pushes {item:?}") };
                wire.push(String::from_utf8(frame.to_vec()).expect("text"));
            }
            Ok::<_, Infallible>(Written { items: items.len(), next_bytes: 0 })
        };
        assert!(self.queue.write(write).is_ok_and(|left| left.is_empty));
    }

    /// Lets the client read, or not.
    pub(crate) fn block(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
        self.flush();
    }

    /// Returns everything that was written.
    pub(crate) fn written(&self) -> Vec<String> {
        self.wire.lock().expect("a wire").clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.ended() == Some(CloseCode::Slow)
    }
}

impl Session for SimSession {
    fn push(&self, frame: &Bytes) -> NeedsFlush {
        self.queue.push(frame.clone()).needs_flush()
    }
}

#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) hub: Hub<SimSession>,
    /// Offsets of `messages` of which sessions received a frame in place of the event.
    pub(crate) substituted: RefCell<Vec<Position>>,
    pub(crate) seen: RefCell<EdgeSeen>,
}

/// How often the rarer cases happened.
#[derive(Debug, Default)]
pub(crate) struct EdgeSeen {
    pub(crate) frames_wanted: u64,
    pub(crate) duplicates: u64,
    pub(crate) lost: u64,
}

pub(crate) fn frame_of(position: Position) -> Bytes {
    position.to_string().into()
}

impl Edge {
    /// Starts at the projection's progress in `messages`, and at the end of the other topics.
    pub(crate) fn start(log: &Log, views: &BTreeMap<Partition, Offset>, rng: &mut StdRng) -> Self {
        let config =
            HubConfig { ring_bytes_max: rng.random_range(2_000..60_000), sessions_per_user_max: 3, partition_of };
        let mut starts = Starts::new();
        for topic in TOPICS {
            for partition in 0..log.count(topic) {
                let next = if topic == Topic::Messages { views[&partition] } else { log.end(topic, partition) };
                let records = log.partitions[&(topic, partition)].iter().take_while(|record| record.offset < next);
                let cause = records.map(|record| match &record.kind {
                    Kind::Event(event) | Kind::Duplicate(event) => event.cause,
                    Kind::Lost(lost) => lost.cause,
                });
                starts.entry(topic).or_default().push(Start { next, cause: cause.max() });
            }
        }
        Self { hub: Hub::new(config, &starts), substituted: RefCell::default(), seen: RefCell::default() }
    }

    /// Publishes the next records of a partition.
    pub(crate) fn publish(&self, log: &Log, topic: Topic, partition: Partition, count: usize, rng: &mut StdRng) {
        let next = self.hub.progress().next(topic, partition);
        let records = log.partitions[&(topic, partition)].iter().skip_while(|record| record.offset < next);
        let mut out = Outputs::default();
        for record in records.take(count) {
            let event = match &record.kind {
                Kind::Event(event) | Kind::Duplicate(event) => event.clone(),
                Kind::Lost(lost) => {
                    self.seen.borrow_mut().lost += 1;
                    let position = Position { topic, partition, offset: lost.offset };
                    self.hub.lose(partition, lost, &format!("lost {position}").into(), &mut out);
                    continue;
                }
            };
            let position = event.position;
            // Most drivers encode beforehand, if somebody wants the thread.
            let encoded = if rng.random_bool(0.5) { Content::Frame(frame_of(position)) } else { Content::NotEncoded };
            match self.hub.publish(event, encoded, &mut out) {
                Published::Delivered => {}
                Published::Duplicate => self.seen.borrow_mut().duplicates += 1,
                Published::FrameWanted(event) => {
                    self.seen.borrow_mut().frames_wanted += 1;
                    assert!(self.hub.progress().next(topic, partition) <= position.offset, "nothing has happened");
                    let content = if rng.random_bool(0.2) {
                        self.substituted.borrow_mut().push(position);
                        Content::Substitute(format!("unavailable {position}").into())
                    } else {
                        Content::Frame(frame_of(position))
                    };
                    assert!(matches!(self.hub.publish(*event, content, &mut out), Published::Delivered));
                }
            }
        }
        out.flush.iter().for_each(|session| session.flush());
    }
}
