//! What only the newer version can say, and what became of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};
use threadline_domain::thread::Thread;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic};
use threadline_eventlog::{EventLog, LoggedAggregate};
use threadline_tests::cluster::Cluster;
use threadline_tests::log::records;
use threadline_tests::person::timeline;
use threadline_tests::rest::{Answer, Rest};
use threadline_tests::socket::Socket;
use threadline_tests::wait::{holds_within, until};
use uuid::Uuid;

use crate::faults::probes::{PROBER, Probes};

/// How long anything may take that must happen.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// A thread in each partition, and the messages of the newer kind that were acknowledged there.
pub(super) struct Newer {
    log: Arc<dyn EventLog>,
    probes: Probes,
    said: Vec<Said>,
}

/// An acknowledged message.
struct Said {
    thread: Uuid,
    message: Uuid,
    seq: u64,
    number: u64,
}

impl Newer {
    /// Makes the threads.
    pub(super) async fn place(cluster: &Cluster) -> Self {
        let (log, probes) = (cluster.backend.open().await.log, Probes::place(cluster).await);
        Self { log, probes, said: Vec::new() }
    }

    /// The log, for looking into it.
    pub(super) fn log(&self) -> &dyn EventLog {
        &*self.log
    }

    /// Posts a message of the newer kind once.
    pub(super) async fn post(&self, cluster: &Cluster, edge: usize, partition: Partition, message: Uuid) -> Answer {
        let body = json!({"id": message, "kind": "fixture", "content": "what only the newer version can say"});
        person(cluster, edge).post(&self.messages(partition), body).await
    }

    /// Posts an ordinary message once.
    pub(super) async fn post_text(
        &self,
        cluster: &Cluster,
        edge: usize,
        partition: Partition,
        message: Uuid,
    ) -> Answer {
        let body = json!({"id": message, "content": "what every version can say"});
        person(cluster, edge).post(&self.messages(partition), body).await
    }

    /// Notes the outcome of a message that was posted before: posts it again until it is acknowledged.
    pub(super) async fn say_again(&mut self, cluster: &Cluster, edge: usize, partition: Partition, message: Uuid) {
        let said = self.acknowledged(cluster, edge, partition, message).await;
        self.said.push(said);
    }

    /// Says something in the newer kind in every partition. Answers where the first such event of each partition lies.
    pub(super) async fn say_everywhere(&mut self, cluster: &Cluster, edge: usize) -> Vec<Position> {
        let before = self.ends(Topic::Messages).await;
        let posting = self.partitions().map(|partition| self.acknowledged(cluster, edge, partition, Uuid::now_v7()));
        let said = join_all(posting).await;
        self.said.extend(said);
        self.newer_since(Topic::Messages, &before).await
    }

    /// Where a topic ends.
    pub(super) async fn ends(&self, topic: Topic) -> BTreeMap<Partition, Offset> {
        self.log.ends(topic).await.all().expect("the log answers")
    }

    /// The first record of each partition, from these offsets on, that only the newer version reads.
    pub(super) async fn newer_since(&self, topic: Topic, from: &BTreeMap<Partition, Offset>) -> Vec<Position> {
        let mut first = BTreeMap::new();
        for record in records(&*self.log, topic).await {
            let is_newer = record.value.as_deref().and_then(threadline_wire::avro::unknown_schema).is_some();
            if is_newer && record.offset >= from[&record.partition] {
                let position = Position { topic, partition: record.partition, offset: record.offset };
                first.entry(record.partition).or_insert(position);
            }
        }
        first.into_values().collect()
    }

    /// An edge of the newer version refuses the newer kind, by HTTP and on a socket, to be tried again; the thread is as it was.
    pub(super) async fn is_refused(&self, cluster: &Cluster, edge: usize) {
        let before = self.ends(Topic::MessagesCommands).await;
        for partition in self.partitions() {
            let problem = self.post(cluster, edge, partition, Uuid::now_v7()).await.problem(503, "unsupported");
            assert_eq!(problem["retryable"], true);
        }
        let (mut socket, _) = Socket::hello(cluster.edge(edge), PROBER, None).await;
        let message = json!({"id": Uuid::now_v7(), "kind": "fixture", "content": "x"});
        let error =
            socket.refused(json!({"type": "send", "thread": self.probes.threads[&0], "message": message})).await;
        assert_eq!((&error["code"], &error["retryable"]), (&json!("unsupported"), &json!(true)), "{error}");
        assert_eq!(self.newer_since(Topic::MessagesCommands, &before).await, [], "nothing was written");
    }

    /// Every acknowledged message is there once, where its acknowledgement said, and the threads have no holes.
    pub(super) async fn judge(&self, cluster: &Cluster, edge: usize) {
        for thread in self.probes.threads.values() {
            let thread: Uuid = thread.parse().expect("an id");
            let expected: BTreeMap<Uuid, (u64, u64)> = (self.said.iter())
                .filter(|said| said.thread == thread)
                .map(|said| (said.message, (said.seq, said.number)))
                .collect();
            let mut seen = Vec::new();
            let is_shown = holds_within(PATIENCE, async || {
                seen = timeline(&cluster.http, cluster.edge(edge), PROBER, thread, 0).await.unwrap_or_default();
                let shown: Vec<_> = seen.iter().filter_map(|seen| seen.posted).collect();
                expected.keys().all(|message| shown.iter().any(|(posted, _)| posted == message))
            })
            .await;
            if !is_shown {
                let answer = person(cluster, edge).get(&format!("threads/{thread}/")).await;
                let ends = self.ends(Topic::Messages).await;
                panic!(
                    "not all that was acknowledged is shown: {expected:?}; shown: {seen:?}; {answer:?}; log: {ends:?}"
                );
            }
            assert!(seen.iter().map(|seen| seen.seq).eq(1..=seen.len() as u64), "{seen:?}");
            let posted: Vec<_> = seen.iter().filter_map(|seen| Some((seen.seq, seen.posted?))).collect();
            assert!(posted.iter().map(|(_, (_, number))| *number).eq(1..=posted.len() as u64), "{posted:?}");
            for (message, place) in expected {
                let found: Vec<_> = posted.iter().filter(|(_, (posted, _))| *posted == message).collect();
                assert!(
                    matches!(found[..], [(seq, (_, number))] if (*seq, *number) == place),
                    "{message} {place:?}: {found:?}"
                );
            }
        }
    }

    /// How many messages of the newer kind were acknowledged.
    pub(super) fn count(&self) -> usize {
        self.said.len()
    }

    /// The path of a partition's thread.
    pub(super) fn thread(&self, partition: Partition) -> String {
        format!("threads/{}/", self.probes.threads[&partition])
    }

    /// Every partition.
    pub(super) fn partitions(&self) -> impl Iterator<Item = Partition> {
        self.probes.threads.keys().copied()
    }

    fn messages(&self, partition: Partition) -> String {
        format!("{}messages/", self.thread(partition))
    }

    async fn acknowledged(&self, cluster: &Cluster, edge: usize, partition: Partition, message: Uuid) -> Said {
        let mut taken = Value::Null;
        until("the newer kind is taken", PATIENCE, async || {
            let answer = self.post(cluster, edge, partition, message).await;
            assert!(answer.status < 300 || answer.body["retryable"] == true, "{answer:?}");
            let is_taken = answer.status < 300;
            taken = answer.body;
            is_taken
        })
        .await;
        let number = |name: &str| taken[name].as_u64().unwrap_or_else(|| panic!("no {name} in {taken}"));
        let thread = self.probes.threads[&partition].parse().expect("an id");
        Said { thread, message, seq: number("seq"), number: number("number") }
    }
}

/// Whoever is in the threads, at an edge.
pub(super) fn person(cluster: &Cluster, edge: usize) -> Rest {
    cluster.rest(edge, PROBER)
}

/// No event's seq and no message's number was given twice or left out, but for copies that every consumer drops by their
/// cause.
pub(super) async fn judge_log(log: &dyn EventLog) {
    let mut causes: BTreeMap<Partition, Offset> = BTreeMap::new();
    let mut threads: BTreeMap<ThreadId, (u64, u64)> = BTreeMap::new();
    let (mut events, mut copies) = (0, 0);
    for record in records(log, Topic::Messages).await {
        let (event, cause) = Thread::lost_event(&record).expect("its headers say what every version must know");
        if causes.get(&record.partition).is_some_and(|&last| cause <= last) {
            copies += 1;
            continue;
        }
        causes.insert(record.partition, cause);
        let (seq, number) = threads.entry(event.id).or_default();
        assert_eq!(event.seq, *seq + 1, "{record:?}");
        *seq = event.seq;
        if let Some(given) = event.number {
            assert_eq!(given, *number + 1, "{record:?}");
            *number = given;
        }
        events += 1;
    }
    println!("the log holds {events} events of {} threads, and {copies} copies", threads.len());
}
