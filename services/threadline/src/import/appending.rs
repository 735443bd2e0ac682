//! Appends commands and follows what comes of them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use threadline_domain::thread::{Action, Command, EditMessage, Outcome, Rejection, Thread};
use threadline_domain::{MessageId, Offset, Partition, ThreadId};
use threadline_eventlog::codec::{CommandReply, Context};
use threadline_eventlog::{Appending, EventLog, LoggedAggregate, Record, Start, Tail, Topic, header};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::command_builder::Numbers;
use super::planned_commands::{OnConflict, PlannedCommand};
use super::tally::Tally;
use crate::error::Error;

/// Commands whose outcome is not known yet.
const IN_FLIGHT_COMMANDS_MAX: usize = 8_192;
/// After so much silence, what is in flight is sent again: an answer may have been lost.
const SILENCE: Duration = Duration::from_secs(10);
/// How often it is sent again before we give up.
const SILENCES_MAX: u32 = 5;
/// The pause before commands that could not be decided yet are sent again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// What came of everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    pub(super) tally: Tally,
    /// Numbers of the messages that read marks name.
    pub(super) numbers: Numbers,
    /// The last event of ours in each partition.
    pub(super) last: BTreeMap<Partition, Offset>,
}

struct Run<'a> {
    log: &'a dyn EventLog,
    /// Who waits: the first half of `reply_to`.
    name: String,
    next_request: u64,
    in_flight: BTreeMap<u64, PlannedCommand>,
    /// Could not be decided when they came; sent again in their order when nothing else is in flight.
    again: BTreeMap<u64, PlannedCommand>,
    /// Came in, and wait for their turn.
    ready: VecDeque<PlannedCommand>,
    appends: FuturesUnordered<Appending>,
    wanted: &'a HashSet<(ThreadId, MessageId)>,
    outcomes: Outcomes,
    silences: u32,
}

/// Appends until the queue closes and every outcome is known. The commands must be sealed. `report` is told how many messages
/// more are done; `wanted` names those whose numbers are asked for.
pub(super) async fn run(
    log: &dyn EventLog,
    mut queue: mpsc::Receiver<Vec<PlannedCommand>>,
    wanted: &HashSet<(ThreadId, MessageId)>,
    stop: CancellationToken,
    report: impl Fn(u64),
) -> Result<Outcomes, Error> {
    let mut events = tail_from_now(log, Topic::Messages).await?;
    let mut refusals = tail_from_now(log, Topic::Rejections).await?;
    let mut run = Run::new(log, wanted);
    let mut open = true;
    let mut reported = 0;
    let silence = sleep(SILENCE);
    tokio::pin!(silence);
    while open || !run.ready.is_empty() || !run.in_flight.is_empty() || !run.again.is_empty() {
        if run.in_flight.is_empty() && !run.again.is_empty() {
            sleep(RETRY_PAUSE).await;
            run.send_again();
        }
        run.send_ready();
        let takes_more = open && run.ready.is_empty() && run.again.is_empty();
        tokio::select! {
            batch = events.next() => {
                let batch = batch.ok_or_else(|| Error::Tool("the log was closed".into()))?;
                for record in batch.records.iter() {
                    run.take_event(batch.partition, record);
                }
                silence.as_mut().reset(Instant::now() + SILENCE);
                run.silences = 0;
            }
            batch = refusals.next() => {
                let batch = batch.ok_or_else(|| Error::Tool("the log was closed".into()))?;
                for record in batch.records.iter() {
                    run.take_refusal(record)?;
                }
                silence.as_mut().reset(Instant::now() + SILENCE);
                run.silences = 0;
            }
            Some(appended) = run.appends.next() => {
                appended.map_err(|error| Error::Tool(format!("{error}; run it again, it goes on where it stopped")))?;
            }
            commands = queue.recv(), if takes_more => match commands {
                Some(commands) => run.ready.extend(commands),
                None => open = false,
            },
            () = &mut silence => {
                // Without commands in flight, nobody is waited for but the reading.
                run.silences = if run.in_flight.is_empty() { 0 } else { run.silences + 1 };
                if run.silences > SILENCES_MAX {
                    return Err(Error::Tool("nothing decides the commands: is a decider running?".into()));
                }
                run.send_all_again();
                silence.as_mut().reset(Instant::now() + SILENCE);
            }
            () = stop.cancelled() => {
                return Err(Error::Tool("stopped; run it again, it goes on where it stopped".into()));
            }
        }
        let done = run.outcomes.tally.messages_created + run.outcomes.tally.messages_already_there;
        report(done - reported);
        reported = done;
    }
    Ok(run.outcomes)
}

impl<'a> Run<'a> {
    fn new(log: &'a dyn EventLog, wanted: &'a HashSet<(ThreadId, MessageId)>) -> Self {
        Self {
            log,
            name: format!("import-{}", Uuid::now_v7().simple()),
            next_request: 0,
            in_flight: BTreeMap::new(),
            again: BTreeMap::new(),
            ready: VecDeque::new(),
            appends: FuturesUnordered::new(),
            wanted,
            outcomes: Outcomes::default(),
            silences: 0,
        }
    }

    /// Sends what waits, as far as there is room.
    fn send_ready(&mut self) {
        while self.again.is_empty()
            && self.in_flight.len() < IN_FLIGHT_COMMANDS_MAX
            && let Some(planned) = self.ready.pop_front()
        {
            self.send(planned);
        }
    }

    fn send(&mut self, planned: PlannedCommand) {
        let request = self.next_request;
        self.next_request += 1;
        self.append(request, planned);
    }

    fn append(&mut self, request: u64, planned: PlannedCommand) {
        let reply_to = Some(format!("{}/{request}", self.name).into());
        let record = Thread::command_record(&planned.command, &Context { reply_to, traceparent: None });
        self.in_flight.insert(request, planned);
        self.appends.push(self.log.append(Topic::MessagesCommands, record));
    }

    fn send_again(&mut self) {
        for (request, planned) in std::mem::take(&mut self.again) {
            self.append(request, planned);
        }
    }

    /// Every command is idempotent, so it does no harm if some have been decided.
    fn send_all_again(&mut self) {
        self.again.append(&mut self.in_flight);
        self.send_again();
    }

    /// Returns the command that this record answers, if it is one of ours that waits.
    fn answered(&mut self, record: &Record) -> Option<(u64, PlannedCommand)> {
        let (name, request) = record.headers.text(header::REPLY_TO)?.split_once('/')?;
        let request = (name == self.name).then(|| request.parse().ok())??;
        Some((request, self.in_flight.remove(&request)?))
    }

    fn take_event(&mut self, partition: Partition, record: &Record) {
        let Some((_, PlannedCommand { command, .. })) = self.answered(record) else { return };
        self.outcomes.last.insert(partition, record.offset);
        self.outcomes.tally.count(&command);
        let number = record.headers.text(header::NUMBER).and_then(|number| number.parse().ok());
        self.note_number(&command, number);
    }

    fn take_refusal(&mut self, record: &Record) -> Result<(), Error> {
        let Some((request, planned)) = self.answered(record) else { return Ok(()) };
        let refusal = Thread::read_refusal(record).map_err(|error| Error::Tool(error.to_string()))?;
        let thread = planned.command.thread;
        match refusal.reply {
            CommandReply::AlreadyApplied(Outcome { number, .. }) => {
                self.outcomes.tally.messages_already_there +=
                    u64::from(matches!(planned.command.action, Action::Post(_)));
                self.note_number(&planned.command, number);
            }
            CommandReply::Unavailable { .. } => {
                self.again.insert(request, planned);
            }
            // It may rest on one that could not be decided yet.
            CommandReply::Rejected(_) if self.again.values().any(|other| other.command.thread == thread) => {
                self.again.insert(request, planned);
            }
            CommandReply::Rejected(Rejection::MessageConflict) => self.take_conflict(planned),
            CommandReply::Rejected(rejection) => {
                *self.outcomes.tally.refused.entry(format!("{rejection:?}")).or_default() += 1;
            }
        }
        Ok(())
    }

    /// The files hold the message twice, and not the same text: the later one counts.
    fn take_conflict(&mut self, PlannedCommand { command, on_conflict }: PlannedCommand) {
        self.outcomes.tally.messages_already_there += 1;
        let Command { thread, actor, action: Action::Post(post), .. } = command else { return };
        if let OnConflict::Edit(at) = on_conflict {
            let edit = EditMessage { message: post.message, content: post.content, metadata: Some(post.metadata) };
            self.send(PlannedCommand::new(Command { thread, actor, at, action: Action::Edit(edit) }));
        }
    }

    fn note_number(&mut self, command: &Command, number: Option<u64>) {
        let Action::Post(post) = &command.action else { return };
        let id = (command.thread, post.message);
        if let Some(number) = number.filter(|_| self.wanted.contains(&id)) {
            self.outcomes.numbers.insert(id, number);
        }
    }
}

/// Follows a topic from its present end on.
pub(super) async fn tail_from_now(log: &dyn EventLog, topic: Topic) -> Result<Tail, Error> {
    let ends = log.ends(topic).await.all()?;
    Ok(log.tail(topic, ends.into_iter().map(|(partition, end)| (partition, Start::At(end))).collect()))
}
