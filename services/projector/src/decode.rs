//! Decodes a record of the log for projections.

use threadline_domain::thread::Thread;
use threadline_eventlog::codec::{self, Context, DecodeError};
use threadline_eventlog::{EventLog, LoggedAggregate, Record, Topic, partition_of};
use threadline_projections::{Entry, Lost, Mark, Progress, Recorded};

/// Reads a record and moves the progress past it; of an unknown schema, fails and leaves the progress before it. `None`
/// for a duplicate.
pub(crate) fn decode(
    log: &dyn EventLog,
    topic: Topic,
    record: &Record,
    progress: &mut Progress,
) -> Result<Option<Entry>, DecodeError> {
    let before = *progress;
    let read = read(log, topic, record, progress);
    if matches!(read, Err(DecodeError::UnknownSchema { .. })) {
        *progress = before;
    }
    read
}

/// Reads the seq and number of a corrupt event from its headers; `None` when the headers lack them or the record is no event.
pub(crate) fn lost(topic: Topic, record: &Record) -> Option<Lost> {
    let (event, _) = (topic == Topic::Messages).then(|| Thread::lost_event(record))??;
    Some(Lost { offset: record.offset, event, value: record.value.clone().unwrap_or_default() })
}

fn read(
    log: &dyn EventLog,
    topic: Topic,
    record: &Record,
    progress: &mut Progress,
) -> Result<Option<Entry>, DecodeError> {
    progress.next = record.offset + 1;
    match topic {
        Topic::Reads => codec::read_read_mark(record).map(|mark| {
            let thread = mark.thread.to_string();
            let thread_partition = partition_of(thread.as_bytes(), log.partitions(Topic::Messages));
            Some(Entry::Mark(Mark { mark, thread_partition }))
        }),
        Topic::Users => codec::read_user(record).map(|profile| Some(Entry::User(profile))),
        _ => {
            // The header tells a duplicate before its value is read, even of an event that cannot be read.
            let cause = codec::cause_of(record);
            if cause.is_some_and(|cause| progress.cause.is_some_and(|last| cause <= last)) {
                return Ok(None);
            }
            progress.cause = progress.cause.max(cause);
            let (event, cause) = Thread::read_event(record)?;
            progress.cause = progress.cause.max(Some(cause));
            tracing::debug!(
                event.offset = record.offset,
                trace.id = Context::of(record).trace_id(),
                "applying the event at offset {}",
                record.offset
            );
            let value = record.value.clone().unwrap_or_default();
            Ok(Some(Entry::Event(Recorded { offset: record.offset, cause, value, event })))
        }
    }
}
