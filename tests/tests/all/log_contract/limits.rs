//! Bounds, and what happens at them.

use bytes::Bytes;
use threadline_eventlog::{Error, EventLog, Headers, NewRecord, Topic, topics};

use super::{LogUnderTest, numbered};

pub(super) async fn a_record_too_large_is_refused<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let record =
        |bytes: usize| NewRecord { key: "k".into(), value: Some(Bytes::from(vec![7; bytes])), headers: Headers::new() };
    let refused = process.append_to(Topic::Messages, 0, record(topics::RECORD_BYTES_MAX));
    let later = process.append_to(Topic::Messages, 0, record(1)).await;
    assert!(matches!(later, Err(Error::Unavailable(_))), "{later:?}: the one before was not seen yet");
    let refused = refused.await.expect_err("it is too large");
    let expected = topics::RECORD_BYTES_MAX;
    assert!(matches!(refused, Error::TooLarge { topic: Topic::Messages, bytes_max, .. } if bytes_max == expected));
    assert!(!refused.retryable());
    // The largest there may be goes through, and the refused one left no hole.
    process.append_to(Topic::Messages, 0, record(topics::RECORD_BYTES_MAX - 1)).await.expect("this one is not");
    let mut tail = super::tail_of(&*process, Topic::Messages, 0, threadline_eventlog::Start::At(0));
    let seen = super::take(&mut tail, 1).await;
    assert_eq!(seen[0].value.as_ref().map(Bytes::len), Some(topics::RECORD_BYTES_MAX - 1));
}

pub(super) async fn a_partition_that_is_not_there_is_refused<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let refused = process.append_to(Topic::Messages, L::PARTITIONS, numbered("k", 0)).await.expect_err("there is none");
    assert!(!refused.retryable());
}
