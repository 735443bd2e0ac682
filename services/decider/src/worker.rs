//! Decides the commands of one partition, in their order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::{Aggregate, Decision, DecisionOf};
use threadline_eventlog::codec::{CommandReply, Context};
use threadline_eventlog::{EventLog, Offset, Partition, Record, TailBatch};
use threadline_views::{Progress, Views};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::binding::{Binding, Loaded};
use crate::dead::bury;
use crate::memory::Memory;
use crate::recent::{Recent, Unusable};
use crate::settle::{Settling, Unsettled};
use crate::{Config, takeover::Taken};

type IdOf<B> = <<B as Binding>::Aggregate as Aggregate>::Id;
type FactIdOf<B> = <<B as Binding>::Aggregate as Aggregate>::FactId;
type CommandOf<B> = <<B as Binding>::Aggregate as Aggregate>::Command;
type EventOf<B> = <<B as Binding>::Aggregate as Aggregate>::Event;

/// How often a worker notes that it runs.
const PULSE: Duration = Duration::from_secs(1);
/// From how many events on a worker forgets those that the views have.
const RECENT_EVENTS_TRIM: usize = 256;

/// The owner of one partition.
pub(crate) struct Worker<B: Binding> {
    pub(crate) config: Arc<Config>,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) views: Views,
    pub(crate) partition: Partition,
    memory: Memory<B::Aggregate>,
    recent: Recent<B::Aggregate>,
    next: Offset,
    settling: Settling,
    views_down_until: Option<Instant>,
}

/// Why a worker gives its partition up, to take it over again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// An append failed.
    NotAppended,
    /// An append landed behind a record, or a snapshot has an event, that is not ours.
    AnotherWriter,
    /// The process stood still for so long that someone else may own the partition.
    Stalled,
}

/// Why a command cannot be decided now.
enum Undecided {
    Refuse(String),
    Broken(Broken),
}

impl<B: Binding> Worker<B> {
    pub(crate) fn new(
        config: Arc<Config>,
        log: Arc<dyn EventLog>,
        views: Views,
        partition: Partition,
        taken: Taken<B>,
        done: watch::Sender<Option<Offset>>,
    ) -> Self {
        let memory = Memory::new(config.state_bytes_max);
        let settling = Settling::new(Arc::clone(&log), partition, taken.end, done);
        let (recent, next) = (taken.recent, taken.resume);
        Self { config, log, views, partition, memory, recent, next, settling, views_down_until: None }
    }

    /// Decides until `stop` or the end of the commands (`Ok`), or until the partition must be taken over again.
    pub(crate) async fn run(
        mut self,
        mut commands: mpsc::Receiver<TailBatch>,
        mut progress: watch::Receiver<BTreeMap<Partition, Progress>>,
        stop: &CancellationToken,
    ) -> Result<(), Broken> {
        let mut pulse = tokio::time::interval(PULSE);
        let mut alive = Instant::now();
        loop {
            let has_room = self.settling.len() < self.config.in_flight_max;
            let batch = tokio::select! {
                biased;
                () = stop.cancelled() => return self.finish().await,
                settled = self.settling.settle_next() => {
                    settled?;
                    continue;
                }
                _ = pulse.tick() => None,
                batch = commands.recv(), if has_room => match batch {
                    Some(batch) => Some(batch),
                    None => return self.finish().await,
                },
            };
            if alive.elapsed() > self.config.stall_max {
                return Err(Broken::Stalled);
            }
            alive = Instant::now();
            if let Some(batch) = batch {
                self.decide_all(&batch, stop).await?;
                alive = Instant::now();
            } else {
                self.tidy(&mut progress);
            }
        }
    }

    async fn decide_all(&mut self, batch: &TailBatch, stop: &CancellationToken) -> Result<(), Broken> {
        let next = self.next;
        for record in batch.records.iter().filter(|record| record.offset >= next) {
            if stop.is_cancelled() {
                break;
            }
            let unsettled = self.handle(record).await?;
            self.settling.push(unsettled);
            self.next = record.offset + 1;
        }
        self.settling.push(Unsettled::Done(self.next));
        Ok(())
    }

    /// Settles what was appended, so that its answers are not lost with us.
    async fn finish(mut self) -> Result<(), Broken> {
        let drain_timeout = self.config.drain_timeout;
        let settle_all = async {
            while self.settling.len() > 0 {
                self.settling.settle_next().await?;
            }
            Ok(())
        };
        tokio::time::timeout(drain_timeout, settle_all).await.unwrap_or_else(|_| {
            tracing::warn!("appends were still under way when the partition was given up");
            Ok(())
        })
    }

    fn tidy(&mut self, progress: &mut watch::Receiver<BTreeMap<Partition, Progress>>) {
        if self.recent.len() > RECENT_EVENTS_TRIM && progress.has_changed().unwrap_or(false) {
            let progress = progress.borrow_and_update().get(&self.partition).copied().unwrap_or_default();
            self.recent.forget(progress);
        }
        metrics::gauge!("threadline_decider_state_bytes", "partition" => self.partition.to_string())
            .set(self.memory.bytes() as f64);
    }

    /// One command: fetch, decide, append.
    async fn handle(&mut self, record: &Record) -> Result<Unsettled, Broken> {
        let context = Context::of(record);
        let command = match B::read_command(record) {
            Ok(command) => command,
            Err(error) => return Ok(Unsettled::Letter(bury(&*self.log, B::COMMANDS, record, &error.to_string()))),
        };
        let id = B::Aggregate::id_of(&command);
        let span = tracing::debug_span!(
            "decider.command",
            partition = self.partition,
            command.offset = record.offset,
            trace.id = context.trace_id()
        );
        let reply = match self.decide(id, &command).instrument(span).await {
            Ok(Decision::Event(event)) => return Ok(self.append(id, event, record.offset, &context)),
            Ok(Decision::NoChange(outcome)) => CommandReply::AlreadyApplied(outcome),
            Ok(Decision::Rejected(rejection)) => CommandReply::Rejected(rejection),
            Err(Undecided::Refuse(reason)) => CommandReply::Unavailable { reason },
            Err(Undecided::Broken(broken)) => return Err(broken),
        };
        metrics::counter!("threadline_decider_refusals_total").increment(1);
        let answer = B::refusal_record(id, reply, &context);
        Ok(answer.map_or(Unsettled::Done(record.offset + 1), Unsettled::Refusal))
    }

    async fn decide(&mut self, id: IdOf<B>, command: &CommandOf<B>) -> Result<DecisionOf<B::Aggregate>, Undecided> {
        if self.memory.get_mut(id).is_none() {
            let state = self.load_state(id).await?;
            self.memory.insert(id, state);
        }
        loop {
            let Some(state) = self.memory.get_mut(id) else {
                return Err(Undecided::Refuse("the state does not fit in memory".into()));
            };
            match B::Aggregate::missing(state, command) {
                None => {
                    let decision = B::Aggregate::decide(state, command);
                    tracing::debug!(accepted = matches!(decision, Decision::Event(_)), "decided");
                    return Ok(decision);
                }
                Some(fact_id) => {
                    let fact = self.load_fact(id, fact_id).await?;
                    if let Some(state) = self.memory.get_mut(id) {
                        B::Aggregate::admit(state, fact_id, fact);
                    }
                }
            }
        }
    }

    fn append(&mut self, id: IdOf<B>, event: EventOf<B>, cause: Offset, context: &Context) -> Unsettled {
        if let Some(state) = self.memory.get_mut(id) {
            B::Aggregate::evolve(state, &event);
        }
        self.memory.reweigh(id);
        let record = B::event_record(&event, cause, context);
        self.recent.push(cause, event, record.size_bytes());
        let appending = self.log.append_to(B::EVENTS, self.partition, record);
        metrics::counter!("threadline_decider_events_total").increment(1);
        Unsettled::Event(appending)
    }

    async fn load_state(&mut self, id: IdOf<B>) -> Result<<B::Aggregate as Aggregate>::State, Undecided> {
        let loaded = B::load_state(&self.views, self.partition, id);
        let Loaded { value: mut state, progress } = bounded(&self.config, &mut self.views_down_until, loaded).await?;
        for event in self.recent.after(progress, id).map_err(undecided)? {
            B::Aggregate::evolve(&mut state, event);
        }
        self.recent.forget(progress);
        Ok(state)
    }

    async fn load_fact(
        &mut self,
        id: IdOf<B>,
        fact_id: FactIdOf<B>,
    ) -> Result<Option<<B::Aggregate as Aggregate>::Fact>, Undecided> {
        let loaded = B::load_fact(&self.views, self.partition, id, fact_id);
        let Loaded { value: mut fact, progress } = bounded(&self.config, &mut self.views_down_until, loaded).await?;
        for event in self.recent.after(progress, id).map_err(undecided)? {
            B::Aggregate::evolve_fact(fact_id, &mut fact, event);
        }
        Ok(fact)
    }
}

fn undecided(unusable: Unusable) -> Undecided {
    match unusable {
        Unusable::Behind => Undecided::Refuse("the views are too far behind".into()),
        Unusable::Ahead => Undecided::Broken(Broken::AnotherWriter),
    }
}

/// A lookup with a deadline. Commands are decided in order, so a lookup that hangs holds up its whole partition: after
/// one has failed, the next ones fail at once for a while.
async fn bounded<T>(
    config: &Config,
    views_down_until: &mut Option<Instant>,
    loaded: impl Future<Output = Result<T, threadline_views::Error>>,
) -> Result<T, Undecided> {
    if views_down_until.is_some_and(|until| Instant::now() < until) {
        return Err(Undecided::Refuse("the views are unavailable".into()));
    }
    let error = match tokio::time::timeout(config.load_timeout, loaded).await {
        Ok(Ok(value)) => {
            *views_down_until = None;
            return Ok(value);
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the views did not answer in time".into(),
    };
    tracing::warn!(%error, "a lookup failed");
    *views_down_until = Some(Instant::now() + config.load_pause);
    Err(Undecided::Refuse(error))
}
