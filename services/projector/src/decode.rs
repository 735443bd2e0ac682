//! From a record of the log to what the views take.

use threadline_domain::{ReadMark, UserProfile};
use threadline_eventlog::codec::{self, Context, DecodeError};
use threadline_eventlog::{Record, Topic};
use threadline_projections::{Lost, Progress, Recorded};

/// What a record says.
pub(crate) enum Value {
    Event(Recorded),
    Mark(ReadMark),
    User(UserProfile),
    /// An event that is there for the second time.
    Duplicate,
}

/// Reads a record and moves the progress past it, unless its schema is unknown: then the progress stays before it.
pub(crate) fn decode(topic: Topic, record: &Record, progress: &mut Progress) -> Result<Value, DecodeError> {
    let before = *progress;
    let read = read(topic, record, progress);
    if matches!(read, Err(DecodeError::UnknownSchema { .. })) {
        *progress = before;
    }
    read
}

/// Reads the seq and number of a corrupt event from its headers; `None` when the headers lack them or the record is no event.
pub(crate) fn lost(topic: Topic, record: &Record) -> Option<Lost> {
    let (event, _) = (topic == Topic::Messages).then(|| codec::lost_event(record))??;
    Some(Lost { event, offset: record.offset, value: record.value.clone().unwrap_or_default() })
}

fn read(topic: Topic, record: &Record, progress: &mut Progress) -> Result<Value, DecodeError> {
    progress.next = record.offset + 1;
    match topic {
        Topic::Reads => codec::read_read_mark(record).map(Value::Mark),
        Topic::Users => codec::read_user(record).map(Value::User),
        _ => {
            // The header tells a duplicate before its value is read, even of an event that cannot be.
            let cause = codec::cause_of(record);
            if cause.is_some_and(|cause| progress.cause.is_some_and(|last| cause <= last)) {
                return Ok(Value::Duplicate);
            }
            progress.cause = progress.cause.max(cause);
            let (event, cause) = codec::read_event(record)?;
            progress.cause = progress.cause.max(Some(cause));
            tracing::debug!(event.offset = record.offset, trace.id = Context::of(record).trace_id(), "projecting");
            let value = record.value.clone().unwrap_or_default();
            Ok(Value::Event(Recorded { offset: record.offset, cause, value, event }))
        }
    }
}
