//! Following from anywhere.

use std::collections::BTreeMap;
use std::time::Duration;

use threadline_eventlog::{EventLog, Start, Topic};

use super::{LogUnderTest, PATIENCE, append_all, next, number_in, numbered, numbers_of, offsets_of, tail_of, take};

pub(super) async fn a_tail_starts_anywhere<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Messages, 0, 0..100).await;
    for start in [0, 1, 50, 99] {
        let records = take(&mut tail_of(&*process, Topic::Messages, 0, Start::At(start)), 100 - start as usize).await;
        assert_eq!(offsets_of(&records), (start..100).collect::<Vec<_>>());
    }
    // A place that is not there yet is waited for.
    let mut early = tail_of(&*process, Topic::Messages, 0, Start::At(100));
    append_all(&*process, Topic::Messages, 0, 100..110).await;
    assert_eq!(numbers_of(&take(&mut early, 10).await), (100..110).collect::<Vec<_>>());
}

pub(super) async fn a_tail_from_the_end_sees_what_comes_later<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Messages, 0, 0..100).await;
    let mut tail = tail_of(&*process, Topic::Messages, 0, Start::End);
    // A log may need a moment to find its end: what is appended meanwhile may count as earlier.
    let mut number = 100;
    let first = loop {
        append_all(&*process, Topic::Messages, 0, number..number + 1).await;
        number += 1;
        if let Ok(batch) = tokio::time::timeout(Duration::from_millis(200), tail.next()).await {
            break number_in(&batch.expect("the tail goes on").records[0]);
        }
        assert!(number < 200, "the tail never sees anything");
    };
    assert!(first >= 100, "number {first} was there before");
    let ends = process.ends(Topic::Messages).await.all().expect("the log answers");
    let mut tail = tail_of(&*process, Topic::Messages, 0, Start::At(ends[&0]));
    append_all(&*process, Topic::Messages, 0, number..number + 10).await;
    assert_eq!(numbers_of(&take(&mut tail, 10).await), (number..number + 10).collect::<Vec<_>>());
}

pub(super) async fn tails_do_not_disturb_each_other<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let mut idle = tail_of(&*process, Topic::Messages, 0, Start::At(0));
    let dropped = tail_of(&*process, Topic::Messages, 0, Start::At(0));
    let mut tails: Vec<_> = (0..5).map(|_| tail_of(&*process, Topic::Messages, 0, Start::At(0))).collect();
    append_all(&*process, Topic::Messages, 0, 0..1_000).await;
    drop(dropped);
    append_all(&*process, Topic::Messages, 0, 1_000..5_000).await;
    for tail in &mut tails {
        assert_eq!(numbers_of(&take(tail, 5_000).await), (0..5_000).collect::<Vec<_>>());
    }
    assert_eq!(numbers_of(&take(&mut idle, 5_000).await), (0..5_000).collect::<Vec<_>>());
}

/// Far more than any buffer holds, and large ones: what has left memory is read again.
pub(super) async fn a_slow_tail_misses_nothing<L: LogUnderTest>(log: &L) {
    const RECORDS: usize = 20_000;
    let process = log.open().await;
    let mut tail = process.tail(Topic::Messages, [(0, Start::At(0)), (1, Start::At(0))].into());
    let mut seen = BTreeMap::<u32, Vec<usize>>::new();
    for first in (0..RECORDS).step_by(1_000) {
        append_all(&*process, Topic::Messages, 0, first..first + 1_000).await;
        append_all(&*process, Topic::Messages, 1, first / 10..first / 10 + 100).await;
    }
    while seen.values().map(Vec::len).sum::<usize>() < RECORDS + RECORDS / 10 {
        let batch = next(&mut tail).await;
        seen.entry(batch.partition).or_default().extend(batch.records.iter().map(number_in));
    }
    assert!(seen[&0] == (0..RECORDS).collect::<Vec<_>>(), "partition 0 is complete and in order");
    assert!(seen[&1] == (0..RECORDS / 10).collect::<Vec<_>>(), "partition 1 is complete and in order");
}

pub(super) async fn another_process_is_followed<L: LogUnderTest>(log: &L) {
    let (writer, reader) = (log.open().await, log.open().await);
    let mut tail = tail_of(&*reader, Topic::Rejections, 1, Start::At(0));
    for number in 0..50 {
        append_all(&*writer, Topic::Rejections, 1, number..number + 1).await;
        assert_eq!(numbers_of(&take(&mut tail, 1).await), [number]);
    }
    assert_eq!(reader.ends(Topic::Rejections).await.all().expect("the log answers")[&1], 50);
    assert_eq!(reader.id(), writer.id());
}

pub(super) async fn signals_reach_other_processes<L: LogUnderTest>(log: &L) {
    let (sender, receiver) = (log.open().await, log.open().await);
    let from = |process: &L::Process| (0..process.partitions(Topic::Signals)).map(|p| (p, Start::End)).collect();
    let mut tails = [sender.tail(Topic::Signals, from(&sender)), receiver.tail(Topic::Signals, from(&receiver))];
    // Signals are kept nowhere, so one is sent again until it is heard.
    for tail in &mut tails {
        let heard = async {
            loop {
                sender.append(Topic::Signals, numbered("typing", 7)).await.expect("sent");
                if let Ok(batch) = tokio::time::timeout(Duration::from_millis(50), tail.next()).await {
                    break batch.expect("the tail goes on");
                }
            }
        };
        let batch = tokio::time::timeout(PATIENCE, heard).await.expect("the signal is heard");
        assert_eq!((number_in(&batch.records[0]), &batch.records[0].key[..]), (7, &b"typing"[..]));
    }
}
