//! The last reading, and what comes of it: messages are read, turned into commands, sealed and appended, all at once.

use std::collections::HashSet;
use std::sync::Arc;

use threadline_domain::{MessageId, ThreadId, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::appending::{self, Outcomes};
use super::complaints::Complaints;
use super::conductor::{Conductor, Target};
use super::history::Source;
use super::orders::Order;
use super::plan::Plan;
use super::present::Present;
use super::reading::{self, Incoming};
use super::survey::Survey;
use crate::error::Error;

/// Batches read ahead of what is turned into commands, and commands ahead of what is appended.
const BATCHES_AHEAD_MAX: usize = 4;

/// An import that is ready to go: what the first readings told, and what is here.
#[derive(Clone)]
pub(super) struct Import {
    pub(super) source: Source,
    pub(super) plan: Arc<Plan>,
    pub(super) present: Arc<Present>,
    pub(super) complaints: Arc<Complaints>,
    pub(super) now: Timestamp,
}

impl Import {
    /// Returns the messages whose numbers read marks need.
    pub(super) fn wanted(&self) -> HashSet<(ThreadId, MessageId)> {
        let target = |read: &super::plan::PlannedRead| {
            let thread = self.plan.thread(read.thread);
            Some((thread.id, thread.references.target(&read.record.message)?.id))
        };
        self.plan.reads.iter().filter_map(target).collect()
    }

    /// Reads the messages in a thread of its own.
    fn read(&self) -> (mpsc::Receiver<Vec<Incoming>>, tokio::task::JoinHandle<Result<(), Error>>) {
        let (messages, queue) = mpsc::channel(BATCHES_AHEAD_MAX);
        let Self { source, plan, complaints, .. } = self.clone();
        let reading = tokio::task::spawn_blocking(move || reading::hand_on(&source, &plan, &complaints, &messages));
        (queue, reading)
    }

    fn conductor(&self, target: Option<Target>, wanted: &Arc<HashSet<(ThreadId, MessageId)>>) -> Conductor {
        Conductor::new(Arc::clone(&self.plan), Arc::clone(&self.present), target, Arc::clone(wanted), self.now)
    }

    /// Finds out what an import would do, and writes nothing.
    pub(super) async fn survey(&self, target: Option<Target>, report: impl Fn(u64)) -> Result<Survey, Error> {
        let wanted = Arc::new(self.wanted());
        let mut conductor = self.conductor(target, &wanted);
        let (mut queue, reading) = self.read();
        let mut survey = Survey::new(&self.present, &wanted);
        while let Some(messages) = queue.recv().await {
            let count = messages.len() as u64;
            let orders = conductor.take(messages).await?;
            survey.take(&orders);
            report(count);
        }
        ended(reading).await?;
        while let Some(orders) = conductor.take_rest() {
            survey.take(&orders);
        }
        survey.finish(&self.plan, conductor.tally, conductor.numbers);
        Ok(survey)
    }

    /// Appends everything, and returns what came of it.
    pub(super) async fn append(
        &self,
        target: &Target,
        stop: CancellationToken,
        report: impl Fn(u64) + Clone + Send + 'static,
    ) -> Result<Outcomes, Error> {
        let wanted = Arc::new(self.wanted());
        let (queue, reading) = self.read();
        let (orders, ordered) = mpsc::channel(BATCHES_AHEAD_MAX);
        let conducting = tokio::spawn(conduct(
            self.conductor(Some(target.clone()), &wanted),
            target.clone(),
            queue,
            orders,
            report.clone(),
        ));
        let outcomes = appending::run(&*target.storage.log, ordered, &wanted, stop, report).await;
        let mut outcomes = outcomes?;
        ended(reading).await?;
        let conductor = ended(conducting).await?;
        outcomes.tally.add(conductor.tally);
        outcomes.numbers.extend(conductor.numbers);
        Ok(outcomes)
    }
}

/// Turns messages into sealed orders until there are no more; ends early when nobody takes them.
async fn conduct(
    mut conductor: Conductor,
    target: Target,
    mut messages: mpsc::Receiver<Vec<Incoming>>,
    orders: mpsc::Sender<Vec<Order>>,
    report: impl Fn(u64),
) -> Result<Conductor, Error> {
    let mut untouched = 0;
    loop {
        let mut batch = match messages.recv().await {
            Some(messages) => conductor.take(messages).await?,
            None => match conductor.take_rest() {
                Some(orders) => orders,
                None => return Ok(conductor),
            },
        };
        let now_untouched = conductor.tally.messages_already_there + conductor.tally.messages_left_alone;
        report(now_untouched - untouched);
        untouched = now_untouched;
        target.keyring.seal(&mut batch).await?;
        if !batch.is_empty() && orders.send(batch).await.is_err() {
            return Ok(conductor);
        }
    }
}

async fn ended<T>(task: tokio::task::JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    task.await.unwrap_or_else(|error| Err(Error::Tool(error.to_string())))
}
