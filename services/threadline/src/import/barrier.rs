//! Waits until whatever an earlier run has appended is decided: a run that was killed may have left commands behind.

use std::collections::BTreeSet;
use std::time::Duration;

use threadline_domain::thread::{Action, Command, Thread};
use threadline_domain::{MessageId, Partition, ThreadId, Timestamp};
use threadline_eventlog::codec::Context;
use threadline_eventlog::{EventLog, LoggedAggregate, Topic, header};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::appending::tail_from_now;
use super::present::importer;
use crate::error::Error;

/// After so much silence, a partition is asked again.
const SILENCE: Duration = Duration::from_secs(10);
/// How often before we give up.
const ROUNDS_MAX: u32 = 6;

/// Sends each partition a command that has no effect, and waits for its refusal: commands are decided in planned.
pub(super) async fn wait_until_decided(
    log: &dyn EventLog,
    now: Timestamp,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let name = format!("import-{}", Uuid::now_v7().simple());
    let mut refusals = tail_from_now(log, Topic::Rejections).await?;
    let mut open: BTreeSet<Partition> = (0..log.partitions(Topic::MessagesCommands)).collect();
    for _ in 0..ROUNDS_MAX {
        for &partition in &open {
            let reply_to = Some(format!("{name}/{partition}").into());
            let context = Context { reply_to, traceparent: None };
            // There is no such thread.
            let thread = ThreadId(Uuid::now_v7());
            let action = Action::Delete { message: MessageId(Uuid::now_v7()) };
            let command = Command { thread, actor: importer(), at: now, action };
            let record = Thread::command_record(&command, &context);
            log.append_to(Topic::MessagesCommands, partition, record).await?;
        }
        let deadline = Instant::now() + SILENCE;
        while !open.is_empty() {
            tokio::select! {
                batch = refusals.next() => {
                    let batch = batch.ok_or_else(|| Error::Tool("the log was closed".into()))?;
                    let ours = batch.records.iter().filter_map(|record| record.headers.text(header::REPLY_TO));
                    let ours = ours.filter_map(|reply_to| reply_to.strip_prefix(&name)?.strip_prefix('/')?.parse().ok());
                    ours.for_each(|partition: Partition| _ = open.remove(&partition));
                }
                () = sleep_until(deadline) => break,
                () = stop.cancelled() => return Err(Error::Tool("stopped; nothing was imported".into())),
            }
        }
        if open.is_empty() {
            return Ok(());
        }
    }
    Err(Error::Tool("nothing decides the commands: is a decider running?".into()))
}
