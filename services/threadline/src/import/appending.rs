//! Appends commands and follows what comes of them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use threadline_domain::thread::{Action, Command, Thread};
use threadline_domain::{Offset, Partition};
use threadline_eventlog::codec::{CommandReply, Context};
use threadline_eventlog::{Appending, EventLog, LoggedAggregate, Record, Start, Tail, Topic, header};
use threadline_sealing::Keyring;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::Error;

/// Commands whose outcome is not known yet.
const IN_FLIGHT_COMMANDS_MAX: usize = 8_192;
/// Commands that are sealed together: the keys of all authors who have none yet are made at once.
const SEALED_COMMANDS_MAX: usize = 512;
/// After so much silence, what is in flight is sent again: an answer may have been lost.
const SILENCE: Duration = Duration::from_secs(10);
/// How often it is sent again before we give up.
const SILENCES_MAX: u32 = 5;
/// The pause before commands that could not be decided yet are sent again.
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// What came of everything.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    /// Threads made.
    pub(super) threads: u64,
    /// Members added to threads that were there or are large.
    pub(super) members: u64,
    /// Messages posted.
    pub(super) messages: u64,
    /// Messages that were there already.
    pub(super) present: u64,
    /// Why commands were refused, how many for each reason.
    pub(super) refused: BTreeMap<String, u64>,
    /// Lines left out.
    pub(super) skipped: u64,
    /// The last event of ours in each partition.
    pub(super) last: BTreeMap<Partition, Offset>,
}

struct Run<'a> {
    log: &'a dyn EventLog,
    /// Who waits: the first half of `reply_to`.
    name: String,
    next_request: u64,
    in_flight: BTreeMap<u64, Command>,
    /// Could not be decided when they came; sent again in their order when nothing else is in flight.
    again: BTreeMap<u64, Command>,
    appends: FuturesUnordered<Appending>,
    outcomes: Outcomes,
    silences: u32,
}

/// Appends until the queue closes and every outcome is known. `report` hears how many messages are done.
pub(super) async fn run(
    log: &dyn EventLog,
    keyring: &Keyring,
    mut queue: mpsc::Receiver<Command>,
    stop: CancellationToken,
    report: impl Fn(u64),
) -> Result<Outcomes, Error> {
    let mut events = tail_from_now(log, Topic::Messages).await?;
    let mut refusals = tail_from_now(log, Topic::Rejections).await?;
    let mut run = Run {
        log,
        name: format!("import-{}", Uuid::now_v7().simple()),
        next_request: 0,
        in_flight: BTreeMap::new(),
        again: BTreeMap::new(),
        appends: FuturesUnordered::new(),
        outcomes: Outcomes::default(),
        silences: 0,
    };
    let mut open = true;
    let mut commands = Vec::with_capacity(SEALED_COMMANDS_MAX);
    let silence = sleep(SILENCE);
    tokio::pin!(silence);
    while open || !run.in_flight.is_empty() || !run.again.is_empty() {
        if run.in_flight.is_empty() && !run.again.is_empty() {
            sleep(RETRY_PAUSE).await;
            run.send_again();
        }
        let takes_more = open && run.again.is_empty() && run.in_flight.len() < IN_FLIGHT_COMMANDS_MAX;
        tokio::select! {
            batch = events.next() => {
                let batch = batch.ok_or_else(|| Error::Tool("the log was closed".into()))?;
                for record in batch.records.iter() {
                    run.take_event(batch.partition, record);
                }
                report(run.outcomes.messages + run.outcomes.present);
                silence.as_mut().reset(Instant::now() + SILENCE);
                run.silences = 0;
            }
            batch = refusals.next() => {
                let batch = batch.ok_or_else(|| Error::Tool("the log was closed".into()))?;
                for record in batch.records.iter() {
                    run.take_refusal(record)?;
                }
                report(run.outcomes.messages + run.outcomes.present);
                silence.as_mut().reset(Instant::now() + SILENCE);
                run.silences = 0;
            }
            Some(appended) = run.appends.next() => {
                appended.map_err(|error| Error::Tool(format!("{error}; run it again, it goes on where it stopped")))?;
            }
            count = queue.recv_many(&mut commands, SEALED_COMMANDS_MAX), if takes_more => {
                open = count > 0;
                keyring.seal(&mut commands).await?;
                commands.drain(..).for_each(|command| run.send(command));
            }
            () = &mut silence => {
                run.silences += 1;
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
    }
    Ok(run.outcomes)
}

impl Run<'_> {
    fn send(&mut self, command: Command) {
        let request = self.next_request;
        self.next_request += 1;
        self.append(request, command);
    }

    fn append(&mut self, request: u64, command: Command) {
        let reply_to = Some(format!("{}/{request}", self.name).into());
        let record = Thread::command_record(&command, &Context { reply_to, traceparent: None });
        self.in_flight.insert(request, command);
        self.appends.push(self.log.append(Topic::MessagesCommands, record));
    }

    fn send_again(&mut self) {
        for (request, command) in std::mem::take(&mut self.again) {
            self.append(request, command);
        }
    }

    /// Every command is idempotent, so it does no harm if some have been decided.
    fn send_all_again(&mut self) {
        self.again.append(&mut self.in_flight);
        self.send_again();
    }

    /// The command that this record answers, if it is one of ours that waits.
    fn answered(&mut self, record: &Record) -> Option<(u64, Command)> {
        let (name, request) = record.headers.text(header::REPLY_TO)?.split_once('/')?;
        let request = (name == self.name).then(|| request.parse().ok())??;
        Some((request, self.in_flight.remove(&request)?))
    }

    fn take_event(&mut self, partition: Partition, record: &Record) {
        let Some((_, command)) = self.answered(record) else { return };
        self.outcomes.last.insert(partition, record.offset);
        match command.action {
            Action::Create(_) => self.outcomes.threads += 1,
            Action::AddMember { .. } => self.outcomes.members += 1,
            _ => self.outcomes.messages += 1,
        }
    }

    fn take_refusal(&mut self, record: &Record) -> Result<(), Error> {
        let Some((request, command)) = self.answered(record) else { return Ok(()) };
        let refusal = Thread::read_refusal(record).map_err(|error| Error::Tool(error.to_string()))?;
        match refusal.reply {
            CommandReply::AlreadyApplied(_) if matches!(command.action, Action::Post(_)) => self.outcomes.present += 1,
            CommandReply::AlreadyApplied(_) => {}
            CommandReply::Rejected(rejection) => {
                *self.outcomes.refused.entry(format!("{rejection:?}")).or_default() += 1;
            }
            CommandReply::Unavailable { .. } => {
                self.again.insert(request, command);
            }
        }
        Ok(())
    }
}

async fn tail_from_now(log: &dyn EventLog, topic: Topic) -> Result<Tail, Error> {
    let ends = log.ends(topic).await.all()?;
    Ok(log.tail(topic, ends.into_iter().map(|(partition, end)| (partition, Start::At(end))).collect()))
}
