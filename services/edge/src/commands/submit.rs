//! Appending commands of one aggregate, and settling their requests.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::FutureExt;
use threadline_domain::{Partition, Position};
use threadline_eventlog::codec::{CommandReply, Context};
use threadline_eventlog::{LoggedAggregate, ReplyOf, partition_of};
use tokio::sync::oneshot;

use super::appender::Appender;
use super::pending::Pending;
use super::refused::{NoOutcome, Refused};
use super::waiter::{Answer, Answered, CommandResult, Waiter};

use crate::metrics;

/// Appends the commands of one aggregate, and hands their outcomes to the callers and sessions that wait. Cheap to
/// clone.
///
/// ```text
/// execute(command) ─▶ pending[request] ─▶ log: reply_to edge/request ─▶ decider ─▶ event or refusal ─▶ hub ─▶ waiter
///                        └ deadline: Timeout           └ Full, Unavailable, Unsupported: at once
/// ```
///
/// After `Timeout` and `Unavailable` the command may have been applied or not; the same command again has the first
/// outcome. Dropping the future of [`execute`](Self::execute) does not take the command back.
pub struct Commands<A: LoggedAggregate> {
    appender: Appender,
    pending: Arc<Pending<A>>,
}

impl<A: LoggedAggregate> Clone for Commands<A> {
    fn clone(&self) -> Self {
        Self { appender: self.appender.clone(), pending: Arc::clone(&self.pending) }
    }
}

impl<A: LoggedAggregate> Commands<A> {
    /// Makes the way for one aggregate's commands.
    pub fn new(appender: &Appender) -> Self {
        Self { appender: appender.clone(), pending: Arc::new(Pending::new(appender.clone())) }
    }

    /// Appends a command and waits for its outcome, at most until the deadline.
    pub async fn execute(
        &self,
        command: A::Command,
        traceparent: Option<Bytes>,
    ) -> Result<CommandResult<A::Outcome, A::Event>, Refused<A::Rejection>> {
        let (waiter, answer) = oneshot::channel();
        self.submit(&command, traceparent, Waiter::Call(waiter));
        let timeout = || Err(NoOutcome::Timeout.into());
        let Answer { outcome, position, event } = answer.await.unwrap_or_else(|_| timeout())?;
        let position = match position {
            Some(position) => position,
            None => self.end_of(A::id_of(&command)).await?,
        };
        Ok(CommandResult { outcome, position, event })
    }

    /// Appends a command; its outcome goes to `waiter`. Commands of one caller are appended in the order of its calls.
    pub(crate) fn submit(&self, command: &A::Command, traceparent: Option<Bytes>, waiter: Waiter<A>) {
        let request = match self.pending.enter(waiter) {
            Ok(request) => request,
            Err(waiter) => return waiter.answer(Err(NoOutcome::Full.into())),
        };
        let reply_to = Some(format!("{}/{request}", self.appender.edge()).into());
        let record = A::command_record(command, &Context { reply_to, traceparent });
        let mut appending = self.appender.log().append(A::COMMANDS, record);
        match (&mut appending).now_or_never() {
            Some(Ok(_)) => {}
            Some(Err(error)) => self.settle(request, Err(NoOutcome::from(error).into())),
            None => {
                let commands = self.clone();
                tokio::spawn(async move {
                    if let Err(error) = appending.await {
                        commands.settle(request, Err(NoOutcome::from(error).into()));
                    }
                });
            }
        }
    }

    /// Returns the number of the request that a record answers, if this edge made it for this aggregate and it still waits.
    pub(crate) fn request_of(&self, reply_to: &[u8]) -> Option<u64> {
        self.appender.request_of(reply_to).filter(|&request| self.waits(request))
    }

    /// Returns whether the request still waits.
    pub(crate) fn waits(&self, request: u64) -> bool {
        self.pending.waits(request)
    }

    /// Settles a request whose command caused this event.
    pub(crate) fn happened(&self, request: u64, position: Position, event: Arc<A::Event>) {
        let outcome = A::outcome(&event);
        self.settle(request, Ok(Answer { outcome, position: Some(position), event: Some(event) }));
    }

    /// Settles a request whose command changed nothing, because an earlier event had its effect. `position`, if known, is
    /// at or after that event.
    pub(crate) fn answer_already_applied(&self, request: u64, outcome: A::Outcome, position: Option<Position>) {
        self.settle(request, Ok(Answer { outcome, position, event: None }));
    }

    /// Settles a request whose command gave no event.
    pub(crate) fn refused(&self, request: u64, reply: ReplyOf<A>) {
        let answered = match reply {
            CommandReply::AlreadyApplied(outcome) => return self.answer_already_applied(request, outcome, None),
            CommandReply::Rejected(rejection) => Refused::Rejected(rejection),
            CommandReply::Unavailable { reason } => NoOutcome::Unavailable(reason).into(),
        };
        self.settle(request, Err(answered));
    }

    /// Answers the requests whose deadline has passed.
    pub(crate) fn expire(&self, now: Instant) {
        while let Some(waiter) = self.pending.take_due(now) {
            metrics::commands("timeout").increment(1);
            waiter.answer(Err(NoOutcome::Timeout.into()));
        }
    }

    fn settle(&self, request: u64, answered: Answered<A>) {
        let Some(waiter) = self.pending.take(request) else { return };
        let outcome = if answered.is_ok() { "ok" } else { "refused" };
        metrics::commands(outcome).increment(1);
        waiter.answer(answered);
    }

    /// Returns the last position in the partition of an aggregate.
    pub(crate) async fn end_of(&self, id: A::Id) -> Result<Position, NoOutcome> {
        let log = self.appender.log();
        let partition: Partition = partition_of(id.to_string().as_bytes(), log.partitions(A::EVENTS));
        let end = log.ends(A::EVENTS).await.of(partition)?;
        let offset = end.unwrap_or_default().saturating_sub(1);
        Ok(Position { topic: A::EVENTS, partition, offset })
    }
}
