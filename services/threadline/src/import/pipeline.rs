//! The last reading, and what comes of it: messages are read, turned into commands, sealed and appended, all at once.

use std::collections::HashSet;
use std::sync::Arc;

use threadline_domain::{MessageId, ThreadId, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::appending::{self, Outcomes};
use super::command_builder::{CommandBuilder, Target};
use super::history::Source;
use super::plan::Plan;
use super::planned_commands::PlannedCommand;
use super::present::Present;
use super::preview::Preview;
use super::reading::{self, IncomingMessage};
use super::refused_lines::RefusedLines;
use crate::error::Error;

/// Batches read ahead of what is turned into commands, and commands ahead of what is appended.
const BATCHES_AHEAD_MAX: usize = 4;

/// An import that is ready to go: what the first readings told, and what is here.
#[derive(Clone)]
pub(super) struct Import {
    pub(super) source: Source,
    pub(super) plan: Arc<Plan>,
    pub(super) present: Arc<Present>,
    pub(super) refused: Arc<RefusedLines>,
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
    fn read(&self) -> (mpsc::Receiver<Vec<IncomingMessage>>, tokio::task::JoinHandle<Result<(), Error>>) {
        let (messages, queue) = mpsc::channel(BATCHES_AHEAD_MAX);
        let Self { source, plan, refused, .. } = self.clone();
        let reading =
            tokio::task::spawn_blocking(move || reading::stream_messages(&source, &plan, &refused, &messages));
        (queue, reading)
    }

    fn builder(&self, target: Option<Target>, wanted: &Arc<HashSet<(ThreadId, MessageId)>>) -> CommandBuilder {
        CommandBuilder::new(Arc::clone(&self.plan), Arc::clone(&self.present), target, Arc::clone(wanted), self.now)
    }

    /// Finds out what an import would do, and writes nothing.
    pub(super) async fn preview(&self, target: Option<Target>, report: impl Fn(u64)) -> Result<Preview, Error> {
        let wanted = Arc::new(self.wanted());
        let mut builder = self.builder(target, &wanted);
        let (mut queue, reading) = self.read();
        let mut preview = Preview::new(&self.present, &wanted);
        while let Some(messages) = queue.recv().await {
            let count = messages.len() as u64;
            let commands = builder.take(messages).await?;
            preview.take(&commands);
            report(count);
        }
        ended(reading).await?;
        while let Some(commands) = builder.take_rest() {
            preview.take(&commands);
        }
        preview.finish(&self.plan, builder.tally, builder.numbers);
        Ok(preview)
    }

    /// Appends everything, and returns what came of it.
    pub(super) async fn append(
        &self,
        target: &Target,
        stop: CancellationToken,
        report: impl Fn(u64) + Clone + Send + 'static,
    ) -> Result<Outcomes, Error> {
        let wanted = Arc::new(self.wanted());
        let (messages, reading) = self.read();
        let (sender, commands) = mpsc::channel(BATCHES_AHEAD_MAX);
        let building = tokio::spawn(build_commands(
            self.builder(Some(target.clone()), &wanted),
            target.clone(),
            messages,
            sender,
            report.clone(),
        ));
        let outcomes = appending::run(&*target.storage.log, commands, &wanted, stop, report).await;
        let mut outcomes = outcomes?;
        ended(reading).await?;
        let builder = ended(building).await?;
        outcomes.tally.add(builder.tally);
        outcomes.numbers.extend(builder.numbers);
        Ok(outcomes)
    }
}

/// Turns messages into sealed commands until there are no more; ends early when nobody takes them.
async fn build_commands(
    mut builder: CommandBuilder,
    target: Target,
    mut messages: mpsc::Receiver<Vec<IncomingMessage>>,
    commands: mpsc::Sender<Vec<PlannedCommand>>,
    report: impl Fn(u64),
) -> Result<CommandBuilder, Error> {
    let mut untouched = 0;
    loop {
        let mut batch = match messages.recv().await {
            Some(messages) => builder.take(messages).await?,
            None => match builder.take_rest() {
                Some(commands) => commands,
                None => return Ok(builder),
            },
        };
        let now_untouched = builder.tally.messages_already_there + builder.tally.messages_left_alone;
        report(now_untouched - untouched);
        untouched = now_untouched;
        target.keyring.seal(&mut batch).await?;
        if !batch.is_empty() && commands.send(batch).await.is_err() {
            return Ok(builder);
        }
    }
}

async fn ended<T>(task: tokio::task::JoinHandle<Result<T, Error>>) -> Result<T, Error> {
    task.await.unwrap_or_else(|error| Err(Error::Tool(error.to_string())))
}
