//! The way of commands into the log, and of their outcomes back to whoever waits.
//!
//! A command carries `reply_to: <edge>/<request>`. What comes of it carries the same: the event in the tail of
//! `messages`, or the refusal in the tail of `rejections`. The hub reads both and settles the request here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;
use threadline_domain::thread::{Command, Event, Outcome, Rejection};
use threadline_domain::{Partition, Position, ReadMark, ThreadId, Topic, UserProfile};
use threadline_eventlog::codec::{self, Context};
use threadline_eventlog::{Error, EventLog, partition_of};
use threadline_wire::avro::{CommandReply, Refusal};
use threadline_wire::frame;
use threadline_wire::json::Written;
use tokio::sync::oneshot;

use crate::clock;
use crate::config::CommandsConfig;
use crate::sealing::NotSealed;
use crate::session::SessionHandle;
use crate::ws::answer;

/// Appends commands and hands their outcomes to whoever asked. Cheap to clone.
#[derive(Clone)]
pub struct Commands(Arc<Inner>);

struct Inner {
    log: Arc<dyn EventLog>,
    edge: String,
    deadline: Duration,
    pending_max: usize,
    pending: Mutex<Pending>,
}

/// Requests without an outcome yet, by number. Numbers rise and the deadline is the same for all: the first is due first.
#[derive(Default)]
struct Pending {
    last: u64,
    waiting: BTreeMap<u64, Waiting>,
}

struct Waiting {
    until: Instant,
    waiter: Waiter,
}

/// Who waits for an outcome.
pub(crate) enum Waiter {
    /// A call.
    Call(oneshot::Sender<Result<Answer, Refused>>),
    /// A session's request.
    Session {
        /// Where the answer goes.
        session: Arc<SessionHandle>,
        /// The request's id as JSON.
        id: Option<Arc<str>>,
        /// Whether it is a post: its answer says when it was sent.
        posts: bool,
    },
}

/// An outcome as it comes from the log; without position and event when it was settled before.
pub(crate) struct Answer {
    outcome: Outcome,
    position: Option<Position>,
    event: Option<Arc<Event>>,
}

/// What a command led to.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The outcome; that of an earlier time when the command changed nothing.
    pub outcome: Outcome,
    /// A place in the log that includes it.
    pub position: Position,
    /// The event, when the command caused one.
    pub event: Option<Arc<Event>>,
}

/// Why a command led to nothing, as far as is known.
#[derive(Clone, Debug)]
pub enum Refused {
    /// The rules refuse it.
    Rejected(Rejection),
    /// The log or the decider cannot do it now. It has not happened, or the append was not confirmed.
    Unavailable(String),
    /// No outcome in time: it may or may not have happened.
    Timeout,
    /// Too much is waiting; it has not happened.
    Full,
    /// A role in operation does not know yet what it asks for; it has not happened.
    Unsupported,
}

impl From<NotSealed> for Refused {
    fn from(not_sealed: NotSealed) -> Self {
        match not_sealed {
            NotSealed::Rejected(rejection) => Self::Rejected(rejection),
            NotSealed::Unavailable(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        match error {
            Error::Full => Self::Full,
            Error::Unsupported { .. } => Self::Unsupported,
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl Commands {
    /// Commands of an edge that names itself at random.
    pub fn new(log: Arc<dyn EventLog>, config: &CommandsConfig) -> Self {
        Self(Arc::new(Inner {
            log,
            edge: clock::mint_edge(),
            deadline: Duration::from_millis(config.deadline_ms),
            pending_max: config.pending_max,
            pending: Mutex::default(),
        }))
    }

    /// Appends a command and waits for its outcome, at most until the deadline.
    pub async fn execute(&self, command: Command, traceparent: Option<Bytes>) -> Result<Settled, Refused> {
        let (waiter, answer) = oneshot::channel();
        self.submit(&command, traceparent, Waiter::Call(waiter));
        let Answer { outcome, position, event } = answer.await.unwrap_or(Err(Refused::Timeout))?;
        let position = match position {
            Some(position) => position,
            None => self.end_of(command.thread).await?,
        };
        Ok(Settled { outcome, position, event })
    }

    /// Appends a read mark; its position once it is durable.
    pub async fn mark_read(&self, mark: ReadMark) -> Result<Position, Refused> {
        let appending = self.0.log.append(Topic::Reads, codec::read_mark_record(&mark));
        match tokio::time::timeout(self.0.deadline, appending).await {
            Ok(appended) => Ok(appended?),
            Err(_) => Err(Refused::Timeout),
        }
    }

    /// Appends a user's name; false when that is not known to have worked.
    pub async fn see_user(&self, profile: UserProfile) -> bool {
        let appending = self.0.log.append(Topic::Users, codec::user_record(&profile));
        let seen = matches!(tokio::time::timeout(self.0.deadline, appending).await, Ok(Ok(_)));
        if !seen {
            metrics::counter!("threadline_edge_names_lost_total").increment(1);
        }
        seen
    }

    /// Appends a command; its outcome goes to `waiter`. Commands of one caller are appended in the order of its calls.
    pub(crate) fn submit(&self, command: &Command, traceparent: Option<Bytes>, waiter: Waiter) {
        let request = match self.enter(waiter) {
            Ok(request) => request,
            Err(waiter) => return waiter.answer(Err(Refused::Full)),
        };
        let reply_to = Some(format!("{}/{request}", self.0.edge).into());
        let record = codec::command_record(command, &Context { reply_to, traceparent });
        let mut appending = self.0.log.append(Topic::MessagesCommands, record);
        match (&mut appending).now_or_never() {
            Some(Ok(_)) => {}
            Some(Err(error)) => self.settle(request, Err(error.into())),
            None => {
                let commands = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = appending.await {
                        commands.settle(request, Err(error.into()));
                    }
                });
            }
        }
    }

    /// The name of this edge in `reply_to`, and the key of its refusals.
    pub(crate) fn edge(&self) -> &str {
        &self.0.edge
    }

    /// The number of our request that a record answers, if it is ours and still waits.
    pub(crate) fn request_of(&self, reply_to: &[u8]) -> Option<u64> {
        let number = reply_to.strip_prefix(self.0.edge.as_bytes())?.strip_prefix(b"/")?;
        let request = std::str::from_utf8(number).ok()?.parse().ok()?;
        self.waits(request).then_some(request)
    }

    /// Whether the request still waits.
    pub(crate) fn waits(&self, request: u64) -> bool {
        self.pending().waiting.contains_key(&request)
    }

    /// The request's command caused this event.
    pub(crate) fn happened(&self, request: u64, position: Position, event: Arc<Event>) {
        let outcome = event.outcome();
        self.settle(request, Ok(Answer { outcome, position: Some(position), event: Some(event) }));
    }

    /// The request's command changed nothing: what it asked for was done before. `position`, if known, is behind that.
    pub(crate) fn settled_before(&self, request: u64, outcome: Outcome, position: Option<Position>) {
        self.settle(request, Ok(Answer { outcome, position, event: None }));
    }

    /// The request's command was refused.
    pub(crate) fn refused(&self, request: u64, refusal: Refusal) {
        let answer = match refusal.reply {
            CommandReply::AlreadyApplied(outcome) => Ok(Answer { outcome, position: None, event: None }),
            CommandReply::Rejected(rejection) => Err(Refused::Rejected(rejection)),
            CommandReply::Unavailable { reason } => Err(Refused::Unavailable(reason)),
        };
        self.settle(request, answer);
    }

    /// Answers the requests whose deadline has passed.
    pub(crate) fn expire(&self, now: Instant) {
        loop {
            let due = {
                let mut pending = self.pending();
                match pending.waiting.first_entry() {
                    Some(first) if first.get().until <= now => first.remove(),
                    _ => return,
                }
            };
            metrics::counter!("threadline_edge_commands_total", "outcome" => "timeout").increment(1);
            due.waiter.answer(Err(Refused::Timeout));
        }
    }

    fn enter(&self, waiter: Waiter) -> Result<u64, Waiter> {
        let until = Instant::now() + self.0.deadline;
        let mut pending = self.pending();
        if pending.waiting.len() >= self.0.pending_max {
            return Err(waiter);
        }
        pending.last += 1;
        let request = pending.last;
        pending.waiting.insert(request, Waiting { until, waiter });
        Ok(request)
    }

    fn settle(&self, request: u64, answer: Result<Answer, Refused>) {
        let Some(waiting) = self.pending().waiting.remove(&request) else { return };
        let outcome = if answer.is_ok() { "ok" } else { "refused" };
        metrics::counter!("threadline_edge_commands_total", "outcome" => outcome).increment(1);
        waiting.waiter.answer(answer);
    }

    /// The last position there is in the partition of a thread.
    pub(crate) async fn end_of(&self, thread: ThreadId) -> Result<Position, Refused> {
        let partition = self.partition_of(thread);
        let end = self.0.log.ends(Topic::Messages).await.of(partition)?;
        let offset = end.unwrap_or_default().saturating_sub(1);
        Ok(Position { topic: Topic::Messages, partition, offset })
    }

    /// The partition that a thread lives in.
    pub(crate) fn partition_of(&self, thread: ThreadId) -> Partition {
        partition_of(thread.to_string().as_bytes(), self.0.log.partitions(Topic::Messages))
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.0.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    fn answer(self, answer: Result<Answer, Refused>) {
        match self {
            // Whoever called may have gone.
            Self::Call(caller) => drop(caller.send(answer)),
            Self::Session { session, id, posts } => session.finish(Some(match answer {
                Ok(Answer { outcome, position, .. }) => {
                    let written = Written { position, ..Written::earlier(&outcome, posts) };
                    frame::ok(id.as_deref(), written).into()
                }
                Err(refused) => answer::refused(id, &refused),
            })),
        }
    }
}
