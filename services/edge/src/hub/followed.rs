//! The event topics that the hub follows, whatever aggregates their events are of.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use threadline_domain::{Offset, Partition, Topic};
use threadline_eventlog::codec::CommandReply;
use threadline_eventlog::{Record, Tail};
use threadline_hub::Entry;
use threadline_sealing::Keyring;

use super::delivered::Delivered;
use super::events::note_unread;
use super::feed::Feed;
use super::held_answers::HeldAnswers;
use super::shared::Core;
use crate::commands::Commands;

/// The event topics that an edge follows, each with the requests that its events settle. Cheap to clone.
#[derive(Clone, Default)]
pub struct Followed(Vec<Arc<dyn Follow>>);

impl Followed {
    /// Follows the events of one more aggregate; they settle the requests of `commands`.
    #[must_use]
    pub fn with<A: Delivered>(mut self, commands: &Commands<A>) -> Self {
        self.0.push(Arc::new(Following { commands: commands.clone(), held: Arc::new(HeldAnswers::new()) }));
        self
    }

    /// Returns the topics.
    pub fn topics(&self) -> Vec<Topic> {
        self.0.iter().map(|one| one.topic()).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<dyn Follow>> {
        self.0.iter()
    }

    /// Hands a refusal to the request that it answers.
    pub(super) fn refuse(&self, core: &Core, request: u64, record: &Record) {
        // Request numbers are unique among all aggregates.
        let _ = self.0.iter().any(|one| one.refuse(core, request, record));
    }

    /// Answers the requests whose deadline has passed.
    pub(super) fn expire(&self, now: Instant) {
        self.0.iter().for_each(|one| one.expire(now));
    }

    /// Opens and encodes the events of these ring entries that have no frame; the entries keep the frames. Returns those
    /// that could not be opened now.
    pub(crate) async fn encode(&self, keyring: &Keyring, mut entries: Vec<Arc<Entry>>) -> Vec<Arc<Entry>> {
        let mut unopened = Vec::new();
        for one in &self.0 {
            if entries.is_empty() {
                break;
            }
            let (of_topic, others) = entries.into_iter().partition(|entry| entry.event.position.topic == one.topic());
            entries = others;
            unopened.extend(one.encode(keyring, of_topic).await);
        }
        unopened
    }
}

/// How one event topic is followed.
pub(super) trait Follow: Send + Sync {
    /// Returns the topic.
    fn topic(&self) -> Topic;

    /// Publishes the topic's events until the tail ends. `ends` is where the log ended when the hub started.
    fn follow(&self, core: &Arc<Core>, tail: Tail, ends: BTreeMap<Partition, Offset>) -> BoxFuture<'static, ()>;

    /// Hands a refusal to the request that it answers; false if no such request of this aggregate waits.
    fn refuse(&self, core: &Core, request: u64, record: &Record) -> bool;

    /// Answers the requests whose deadline has passed.
    fn expire(&self, now: Instant);

    /// Opens and encodes events of this topic; returns those that could not be opened now.
    fn encode<'a>(&'a self, keyring: &'a Keyring, entries: Vec<Arc<Entry>>) -> BoxFuture<'a, Vec<Arc<Entry>>>;
}

/// The topic of one aggregate's events.
struct Following<A: Delivered> {
    commands: Commands<A>,
    held: Arc<HeldAnswers<A>>,
}

impl<A: Delivered> Follow for Following<A> {
    fn topic(&self) -> Topic {
        A::EVENTS
    }

    fn follow(&self, core: &Arc<Core>, mut tail: Tail, ends: BTreeMap<Partition, Offset>) -> BoxFuture<'static, ()> {
        let mut feed = Feed::new(core, self.commands.clone(), Arc::clone(&self.held), ends);
        Box::pin(async move {
            while let Some(batch) = tail.next().await {
                feed.on_batch(&batch).await;
                // What is in the tail already goes out in the same writes.
                while let Some(batch) = tail.try_next() {
                    feed.on_batch(&batch).await;
                }
                feed.flush();
            }
        })
    }

    fn refuse(&self, core: &Core, request: u64, record: &Record) -> bool {
        if !self.commands.waits(request) {
            return false;
        }
        match A::read_refusal(record) {
            Ok(refusal) => match refusal.reply {
                CommandReply::AlreadyApplied(outcome) => {
                    self.held.settle(core, &self.commands, refusal.id, outcome, request);
                }
                reply => self.commands.refused(request, reply),
            },
            Err(_) => note_unread(record),
        }
        true
    }

    fn expire(&self, now: Instant) {
        self.commands.expire(now);
    }

    fn encode<'a>(&'a self, keyring: &'a Keyring, entries: Vec<Arc<Entry>>) -> BoxFuture<'a, Vec<Arc<Entry>>> {
        Box::pin(async move {
            let decode = |entry: Arc<Entry>| {
                let (mut event, _) = A::decode_event(&entry.event.value).ok()?;
                let withheld = entry.withheld();
                A::withhold(&mut event, withheld);
                Some(((entry, withheld), event))
            };
            let (entries, mut events): (Vec<_>, Vec<_>) = entries.into_iter().filter_map(decode).unzip();
            let opened = keyring.open(&mut events).await;
            if let Err(error) = &opened {
                tracing::warn!(%error, "failed to open what a session missed: {error}; the client reloads it");
            }
            let mut unopened = Vec::new();
            for ((entry, withheld), event) in entries.into_iter().zip(&mut events) {
                if opened.is_ok() || keyring.try_open(std::slice::from_mut(event)) {
                    entry.keep_frame(A::frame(entry.event.position, event), withheld);
                } else {
                    unopened.push(entry);
                }
            }
            unopened
        })
    }
}
