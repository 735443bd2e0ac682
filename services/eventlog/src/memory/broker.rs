//! The log in memory that all processes share.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use threadline_domain::TopicMap;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::fate::Fate;
use super::groups::{GivenUp, Groups, Key};
use crate::class::AppendClass;
use crate::failure_barrier::{self, Failure, FailureBarrier, Outcome};
use crate::topics::check_size;
use crate::{
    Appending, Error, NewRecord, Offset, OwnershipChange, Partition, PartitionOffsets, Position, Record, Topic,
};

/// Appends of a class that may wait for the log or for their confirmation.
const QUEUE_RECORDS_MAX: usize = 20_000;
/// The longest an append waits while the log is away.
const APPEND_WAIT_MS_MAX: u64 = 2_000;

/// Numbers the logs of one test process.
static LOGS: AtomicU64 = AtomicU64::new(0);

type Fates = Box<dyn FnMut(Topic, Partition) -> Fate + Send>;

/// The log itself.
pub(super) struct Broker {
    pub(super) id: String,
    pub(super) partitions: u32,
    pub(super) changed: watch::Sender<()>,
    made_at: Instant,
    state: Mutex<State>,
}

pub(super) struct State {
    outage: bool,
    /// Partitions that are away while the others are there.
    away: BTreeSet<(Topic, Partition)>,
    groups: Groups,
    logs: TopicMap<Vec<PartitionLog>>,
    fates: Fates,
    /// Appends that wait for the end of an outage.
    waiting: VecDeque<WaitingTail>,
    /// Confirmations that are withheld.
    withheld: Vec<(oneshot::Sender<Outcome>, Position)>,
    /// A process's failures concern only itself.
    barriers: HashMap<u64, FailureBarrier>,
    processes: u64,
}

#[derive(Debug)]
struct WaitingTail {
    process: u64,
    topic: Topic,
    partition: Partition,
    record: NewRecord,
    outcome: oneshot::Sender<Outcome>,
    queued_at: Instant,
}

/// One partition's records.
#[derive(Debug, Default)]
pub(super) struct PartitionLog {
    pub(super) start: Offset,
    pub(super) records: VecDeque<Record>,
}

impl PartitionLog {
    pub(super) fn end(&self) -> Offset {
        self.start + self.records.len() as Offset
    }
}

impl Broker {
    pub(super) fn new(partitions: u32) -> Self {
        let state = State {
            outage: false,
            away: BTreeSet::new(),
            groups: Groups::new(partitions),
            logs: TopicMap::from_fn(|_| (0..partitions).map(|_| PartitionLog::default()).collect()),
            fates: Box::new(|_, _| Fate::Confirmed),
            waiting: VecDeque::new(),
            withheld: Vec::new(),
            barriers: HashMap::new(),
            processes: 0,
        };
        Self {
            id: format!("memory-{}", LOGS.fetch_add(1, Ordering::Relaxed)),
            partitions,
            changed: watch::Sender::new(()),
            made_at: Instant::now(),
            state: Mutex::new(state),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self) -> u64 {
        let mut state = self.lock();
        state.processes += 1;
        let number = state.processes;
        state.barriers.insert(number, FailureBarrier::default());
        number
    }

    /// A process is gone.
    pub(super) fn forget(self: &Arc<Self>, process: u64) {
        let mut state = self.lock();
        state.waiting.retain(|waiting| waiting.process != process);
        let given_up = state.groups.leave(|member| member.process == process);
        drop(state);
        self.release(given_up);
    }

    pub(super) fn expire(self: &Arc<Self>, process: u64) {
        let given_up = self.lock().groups.expire(process);
        self.release(given_up);
    }

    /// Adds a member to a group; returns its number.
    pub(super) fn join(self: &Arc<Self>, key: &Key, process: u64, changes: mpsc::Sender<OwnershipChange>) -> u64 {
        let mut state = self.lock();
        let number = state.groups.join(key, process, changes);
        let given_up = if state.outage { Vec::new() } else { state.groups.balance() };
        drop(state);
        self.release(given_up);
        number
    }

    /// A member leaves its group.
    pub(super) fn leave(self: &Arc<Self>, member: u64) {
        let given_up = self.lock().groups.leave(|one| one.number == member);
        self.release(given_up);
    }

    pub(super) fn commit(&self, key: &Key, partition: Partition, offset: Offset) {
        self.lock().groups.commit(key, partition, offset);
    }

    /// Gives partitions to others as soon as their owners have stopped.
    fn release(self: &Arc<Self>, given_up: Vec<GivenUp>) {
        for mut one in given_up {
            let broker = Arc::clone(self);
            tokio::spawn(async move {
                one.stopped().await;
                let more = broker.lock().groups.release(&one);
                broker.release(more);
            });
        }
    }

    pub(super) fn set_fates(&self, fates: Fates) {
        self.lock().fates = fates;
    }

    pub(super) fn append(
        self: &Arc<Self>,
        process: u64,
        topic: Topic,
        partition: Partition,
        record: NewRecord,
    ) -> Appending {
        let mut state = self.lock();
        let state = &mut *state;
        let Some(barrier) = state.barriers.get(&process) else {
            return Appending::failed(Error::Unavailable("the process was killed".into()));
        };
        if let Err(error) = check_size(topic, &record) {
            return barrier.refuse(topic, partition, error);
        }
        if barrier.is_closed(topic, partition) {
            return Appending::failed(Error::Unavailable("an earlier append to this partition failed".into()));
        }
        if state.is_full(AppendClass::of(topic)) {
            return barrier.refuse(topic, partition, Error::Full);
        }
        let (outcome, waits) = oneshot::channel();
        let waiting = WaitingTail { process, topic, partition, record, outcome, queued_at: Instant::now() };
        if state.is_away(topic, partition) {
            if state.waiting.is_empty() {
                tokio::spawn(fail_late(Arc::clone(self)));
            }
            state.waiting.push_back(waiting);
        } else {
            self.take(state, waiting);
        }
        failure_barrier::appending(waits)
    }

    /// Applies the fate of an append.
    fn take(&self, state: &mut State, waiting: WaitingTail) {
        let WaitingTail { process, topic, partition, record, outcome, .. } = waiting;
        let fate = (state.fates)(topic, partition);
        let failure = |state: &State| {
            let error = Error::Unavailable(format!("as was decided: {fate:?}").into());
            state.barriers.get(&process).cloned().unwrap_or_default().close(topic, partition, error)
        };
        if fate == Fate::FailedBefore {
            // Dropped here when nobody waits, which opens the barrier; that takes no lock of ours.
            let _: Result<(), Result<_, Failure>> = outcome.send(Err(failure(state)));
            return;
        }
        let appended_at_ms = self.made_at.elapsed().as_millis() as i64;
        let Some(log) = state.logs[topic].get_mut(partition as usize) else { return };
        let position = Position { topic, partition, offset: log.end() };
        let NewRecord { key, value, headers } = record;
        log.records.push_back(Record { partition, offset: position.offset, appended_at_ms, key, value, headers });
        self.changed.send_replace(());
        match fate {
            Fate::Withheld => state.withheld.push((outcome, position)),
            Fate::FailedAfter => {
                let _: Result<(), Result<_, Failure>> = outcome.send(Err(failure(state)));
            }
            Fate::Confirmed | Fate::FailedBefore => {
                let _ = outcome.send(Ok(position));
            }
        }
    }

    pub(super) fn confirm(&self, count: usize, mut pick: impl FnMut(usize) -> usize) -> usize {
        let mut state = self.lock();
        for _ in 0..count {
            let waiting = state.withheld.len();
            if waiting == 0 {
                break;
            }
            let (caller, position) = state.withheld.remove(pick(waiting) % waiting);
            let _ = caller.send(Ok(position));
        }
        state.withheld.len()
    }

    pub(super) fn set_outage(self: &Arc<Self>, outage: bool) {
        let mut state = self.lock();
        let state = &mut *state;
        state.outage = outage;
        self.take_waiting(state);
        let given_up = if outage { Vec::new() } else { state.groups.balance() };
        self.release(given_up);
        self.changed.send_replace(());
    }

    pub(super) fn set_partition_outage(&self, topic: Topic, partition: Partition, outage: bool) {
        let mut state = self.lock();
        let state = &mut *state;
        if outage {
            state.away.insert((topic, partition));
        } else {
            state.away.remove(&(topic, partition));
            self.take_waiting(state);
        }
        self.changed.send_replace(());
    }

    /// Applies the fates of the appends that need not wait any longer.
    fn take_waiting(&self, state: &mut State) {
        for waiting in std::mem::take(&mut state.waiting) {
            if state.is_away(waiting.topic, waiting.partition) {
                state.waiting.push_back(waiting);
            // A failed append makes the later ones of its process fail too.
            } else if state
                .barriers
                .get(&waiting.process)
                .is_some_and(|f| f.is_closed(waiting.topic, waiting.partition))
            {
                fail(state, waiting);
            } else {
                self.take(state, waiting);
            }
        }
    }

    pub(super) fn truncate(&self, topic: Topic, partition: Partition, before: Offset) {
        let mut state = self.lock();
        if let Some(log) = state.logs[topic].get_mut(partition as usize) {
            while log.start < before && log.records.pop_front().is_some() {
                log.start += 1;
            }
        }
    }

    pub(super) fn health(&self) -> Result<(), Error> {
        if self.lock().outage { Err(Error::Unavailable("there is an outage".into())) } else { Ok(()) }
    }

    pub(super) fn bounds(&self, topic: Topic, bound: impl Fn(&PartitionLog) -> Offset) -> PartitionOffsets {
        let state = self.lock();
        let answer = |(partition, log): (usize, &PartitionLog)| {
            let answer = if state.is_away(topic, partition as Partition) {
                Err(Error::Unavailable("there is an outage".into()))
            } else {
                Ok(bound(log))
            };
            (partition as Partition, answer)
        };
        state.log(topic).iter().enumerate().map(answer).collect()
    }
}

impl State {
    /// Whether the partition does not answer.
    pub(super) fn is_away(&self, topic: Topic, partition: Partition) -> bool {
        self.outage || self.away.contains(&(topic, partition))
    }

    /// Whether the class has as many waiting appends as it may have.
    fn is_full(&self, class: AppendClass) -> bool {
        if self.waiting.len() + self.withheld.len() < QUEUE_RECORDS_MAX {
            return false;
        }
        let topics = self.waiting.iter().map(|waiting| waiting.topic);
        let topics = topics.chain(self.withheld.iter().map(|(_, position)| position.topic));
        topics.filter(|topic| AppendClass::of(*topic) == class).count() >= QUEUE_RECORDS_MAX
    }

    /// A topic's partitions.
    pub(super) fn log(&self, topic: Topic) -> &[PartitionLog] {
        &self.logs[topic]
    }
}

fn fail(state: &State, waiting: WaitingTail) {
    let error = Error::Unavailable("the log was away for too long".into());
    let barrier = state.barriers.get(&waiting.process).cloned().unwrap_or_default();
    let _: Result<(), Result<_, Failure>> =
        waiting.outcome.send(Err(barrier.close(waiting.topic, waiting.partition, error)));
}

/// Fails all waiting appends when the oldest has waited too long.
async fn fail_late(broker: Arc<Broker>) {
    loop {
        tokio::time::sleep(Duration::from_millis(APPEND_WAIT_MS_MAX)).await;
        let mut state = broker.lock();
        match state.waiting.front() {
            None => return,
            Some(oldest) if oldest.queued_at.elapsed() < Duration::from_millis(APPEND_WAIT_MS_MAX) => {}
            Some(_) => {
                for waiting in std::mem::take(&mut state.waiting) {
                    fail(&state, waiting);
                }
                return;
            }
        }
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("id", &self.id).field("partitions", &self.partitions).finish_non_exhaustive()
    }
}
