//! Decides the commands of one partition, in order.
//!
//! Looks up at once whatever the next commands need, while earlier appends finish. Only a command that needs something
//! else causes another lookup.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use threadline_domain::Decision;
use threadline_eventlog::codec::{CommandReply, Context};
use threadline_eventlog::{
    EventLog, LoggedAggregate, Offset, Partition, Position, ReplyOf, Stopped, StoppedPartitions,
};
use threadline_projections::Progress;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::aggregates::Aggregates;
use crate::dead::bury;
use crate::error::Broken;
use crate::in_flight::{CommandsInFlight, InFlight};
use crate::inbox::{Content, Inbox, Received};
use crate::lookup::{Lookup, Need, Wanted, load, read_back};
use crate::metrics;
use crate::queue::Commands;
use crate::takeover::Takeover;
use crate::{Config, States};

/// The interval at which a worker checks that it was not frozen.
const PULSE_INTERVAL: Duration = Duration::from_secs(1);
/// Commands that are decided before finished appends and other tasks get their turn.
const TURN_COMMANDS_MAX: usize = 64;

/// What all workers of an engine share.
pub(crate) struct Tools<S> {
    pub(crate) config: Config,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) states: S,
    pub(crate) stopped: StoppedPartitions,
}

/// The owner of one partition.
pub(crate) struct Worker<A: LoggedAggregate, S> {
    tools: Arc<Tools<S>>,
    partition: Partition,
    aggregates: Aggregates<A>,
    inbox: Inbox<A>,
    lookup: Option<BoxFuture<'static, Lookup<A>>>,
    in_flight: CommandsInFlight,
    /// The offset that the next event gets, if nobody else writes here.
    end: Offset,
    /// When this worker last ran.
    alive: Instant,
    states_down_until: Option<Instant>,
    /// Whether a command that stopped this partition before may still be noted.
    is_stop_noted: bool,
}

impl<A: LoggedAggregate, S: States<A>> Worker<A, S> {
    pub(crate) fn new(
        tools: Arc<Tools<S>>,
        partition: Partition,
        takeover: Takeover<A>,
        done: watch::Sender<Option<Offset>>,
    ) -> Self {
        let in_flight = CommandsInFlight::new(Arc::clone(&tools.log), partition, takeover.end, done);
        let aggregates = Aggregates::new(takeover.recent, tools.config.state_bytes_max);
        let (inbox, end) = (Inbox::new(takeover.resume), takeover.end);
        Self {
            tools,
            partition,
            aggregates,
            inbox,
            lookup: None,
            in_flight,
            end,
            alive: Instant::now(),
            states_down_until: None,
            is_stop_noted: true,
        }
    }

    /// Decides until `stop` or the end of the commands (`Ok`), or until the partition must be taken over again (`Err`).
    /// Append nothing after an `Err`: another process may own the partition.
    pub(crate) async fn run(
        mut self,
        mut commands: Commands,
        mut progress: watch::Receiver<BTreeMap<Partition, Progress>>,
        stop: &CancellationToken,
    ) -> Result<(), Broken> {
        let mut pulse = tokio::time::interval(PULSE_INTERVAL);
        loop {
            let can_receive = self.inbox.len() < self.tools.config.inbox_commands_max;
            let can_decide = self.inbox.len() > 0 && self.lookup.is_none() && self.has_room();
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.finish().await,
                finished = self.in_flight.finish_next() => finished?,
                _ = pulse.tick() => self.tidy(&mut progress),
                lookup = next(&mut self.lookup) => {
                    self.lookup = None;
                    self.finish_lookup(lookup)?;
                }
                batch = commands.recv(), if can_receive => match batch {
                    Some(batch) => self.inbox.receive(&batch),
                    // No more commands come; the next owner decides the rest.
                    None => return self.finish().await,
                },
                () = tokio::task::yield_now(), if can_decide => {}
            }
            self.beat()?;
            if let Some(stopped) = self.decide_some(stop)? {
                self.finish().await?;
                return Err(Broken::Unreadable(stopped));
            }
        }
    }

    /// Decides commands until it must wait for something. Returns the position of the next command if only a newer
    /// program can read it.
    fn decide_some(&mut self, stop: &CancellationToken) -> Result<Option<Stopped>, Broken> {
        let mut decided = None;
        for _ in 0..TURN_COMMANDS_MAX {
            if self.lookup.is_some() || !self.has_room() || stop.is_cancelled() {
                break;
            }
            let Some(first) = self.inbox.first() else { break };
            if let Content::UnknownSchema(schema_id) = first.content {
                let position = Position { topic: A::COMMANDS, partition: self.partition, offset: first.offset };
                return Ok(Some(Stopped { position, schema_id }));
            }
            let is_blocked = match &first.content {
                Content::Command(command) => !matches!(self.aggregates.need(command), Need::Nothing),
                Content::Corrupt { .. } | Content::UnknownSchema(_) => false,
            };
            if is_blocked && self.states_down_until.is_none_or(|until| Instant::now() >= until) {
                self.look_up();
                break;
            }
            self.beat()?;
            let Some(received) = self.inbox.pop() else { break };
            decided = Some(received.offset + 1);
            self.handle(received, is_blocked);
        }
        if decided.is_some() && std::mem::take(&mut self.is_stop_noted) {
            self.tools.stopped.clear(A::COMMANDS, self.partition);
        }
        if let Some(next) = decided {
            self.in_flight.push(InFlight::Done(next));
        }
        Ok(None)
    }

    /// Handles one command: guard, decide, append.
    fn handle(&mut self, received: Received<A>, is_blocked: bool) {
        let Received { offset, context, content } = received;
        let (id, reply) = match content {
            Content::Command(command) => {
                let id = A::id_of(&command);
                let span = tracing::debug_span!(
                    "decider.command",
                    partition = self.partition,
                    command.offset = offset,
                    trace.id = context.trace_id()
                );
                let decision = if is_blocked { None } else { span.in_scope(|| self.aggregates.decide(&command)) };
                let reply = match decision {
                    Some(Decision::Event(event)) => return self.append(event, offset, &context),
                    Some(Decision::NoChange(outcome)) => CommandReply::AlreadyApplied(outcome),
                    Some(Decision::Rejected(rejection)) => CommandReply::Rejected(rejection),
                    None => CommandReply::Unavailable { reason: "the states are unavailable".into() },
                };
                (Some(id), reply)
            }
            Content::Corrupt { record, reason } => {
                self.in_flight.push(InFlight::Letter(bury(&*self.tools.log, A::COMMANDS, &record, &reason)));
                let reason = format!("the command could not be read: {reason}");
                (A::id_of_record(&record), CommandReply::Unavailable { reason })
            }
            // Never handled: the worker stops before it.
            Content::UnknownSchema(_) => return,
        };
        self.reply(id, reply, &context);
    }

    fn append(&mut self, event: A::Event, cause: Offset, context: &Context) {
        let record = A::event_record(&event, cause, context);
        self.aggregates.evolve(event, self.end, cause, record.size_bytes());
        self.end += 1;
        let appending = self.tools.log.append_to(A::EVENTS, self.partition, record);
        metrics::events().increment(1);
        self.in_flight.push(InFlight::Event(appending));
    }

    fn reply(&mut self, id: Option<A::Id>, reply: ReplyOf<A>, context: &Context) {
        metrics::refusals().increment(1);
        if let Some(record) = A::refusal_record(id, reply, context) {
            self.in_flight.push(InFlight::Refusal(record));
        }
    }

    /// Starts looking up what the next commands need, the first ones first.
    fn look_up(&mut self) {
        let mut wanted = Wanted::new(self.tools.config.lookups_max);
        for command in self.inbox.commands() {
            if wanted.is_full() {
                break;
            }
            wanted.add(&self.aggregates.need(command));
        }
        let (tools, partition) = (Arc::clone(&self.tools), self.partition);
        self.lookup = Some(Box::pin(async move { load(&tools.config, &tools.states, partition, wanted).await }));
    }

    fn finish_lookup(&mut self, lookup: Lookup<A>) -> Result<(), Broken> {
        match lookup {
            Lookup::Loaded(found) => {
                self.states_down_until = None;
                let range = self.aggregates.gap(&found).map_err(|_| Broken::AnotherWriter)?;
                if range.is_empty() {
                    self.aggregates.insert_loaded(found);
                } else {
                    let (tools, partition) = (Arc::clone(&self.tools), self.partition);
                    self.lookup =
                        Some(Box::pin(
                            async move { read_back(&tools.config, &*tools.log, partition, range, found).await },
                        ));
                }
            }
            Lookup::ReadBack(found) => self.aggregates.insert_loaded(found),
            Lookup::Failed(error) => {
                let partition = self.partition;
                tracing::warn!(
                    partition,
                    %error,
                    "failed to look up states of partition {partition}: {error}; commands that need them are refused \
                     for {} ms",
                    self.tools.config.load_pause.as_millis()
                );
                self.states_down_until = Some(Instant::now() + self.tools.config.load_pause);
            }
            Lookup::Unreadable(stopped) => return Err(Broken::Unreadable(stopped)),
        }
        Ok(())
    }

    /// Whether more may be under way.
    fn has_room(&self) -> bool {
        self.in_flight.len() < self.tools.config.in_flight_max
    }

    /// Checks that this worker runs; fails when it stood still so long that it may have been replaced.
    fn beat(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if now.duration_since(self.alive) > self.tools.config.stall_max {
            return Err(Broken::Stalled);
        }
        self.alive = now;
        Ok(())
    }

    /// Settles the appends under way, so that their replies are sent.
    async fn finish(&mut self) -> Result<(), Broken> {
        let drain_timeout = self.tools.config.drain_timeout;
        let settle_all = async {
            while self.in_flight.len() > 0 {
                self.in_flight.finish_next().await?;
            }
            Ok(())
        };
        tokio::time::timeout(drain_timeout, settle_all).await.unwrap_or_else(|_| {
            tracing::warn!(
                partition = self.partition,
                "failed to finish the appends of partition {} in time; its next owner sees which are there",
                self.partition
            );
            Ok(())
        })
    }

    fn tidy(&mut self, progress: &mut watch::Receiver<BTreeMap<Partition, Progress>>) {
        // Events that a lookup under way lacks are kept for it.
        if self.lookup.is_none() && progress.has_changed().unwrap_or(false) {
            let progress = progress.borrow_and_update().get(&self.partition).copied().unwrap_or_default();
            self.aggregates.forget(progress);
        }
        metrics::state_bytes(self.partition.to_string()).set(self.aggregates.state_bytes() as f64);
    }
}

/// Waits for the lookup under way; pending while there is none. Cancel-safe.
async fn next<A: LoggedAggregate>(lookup: &mut Option<BoxFuture<'static, Lookup<A>>>) -> Lookup<A> {
    match lookup {
        Some(lookup) => lookup.await,
        None => std::future::pending().await,
    }
}
