//! One order, the same for all.

use std::collections::BTreeMap;

use bytes::Bytes;
use threadline_eventlog::{EventLog, Headers, NewRecord, Start, Topic, partition_of};

use super::{LogUnderTest, append_all, next, number_in, numbered, numbers_of, offsets_of, tail_of, take};

pub(super) async fn offsets_rise_by_one_from_zero<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let positions = append_all(&*process, Topic::Messages, 0, 0..500).await;
    assert_eq!(positions.iter().map(|position| position.offset).collect::<Vec<_>>(), (0..500).collect::<Vec<_>>());
    assert!(positions.iter().all(|position| position.topic == Topic::Messages && position.partition == 0));
    let ends = process.ends(Topic::Messages).await.all().expect("the log answers");
    let expected: BTreeMap<_, _> = (0..L::PARTITIONS).map(|p| (p, if p == 0 { 500 } else { 0 })).collect();
    assert_eq!(ends, expected);
    let records = take(&mut tail_of(&*process, Topic::Messages, 0, Start::At(0)), 500).await;
    assert_eq!(offsets_of(&records), (0..500).collect::<Vec<_>>());
}

pub(super) async fn appends_take_effect_in_call_order<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    // Without waiting in between, over topics and partitions in turns.
    let mut pending = Vec::new();
    for number in 0..600 {
        let topic = [Topic::Messages, Topic::MessagesCommands][number % 2];
        pending.push(process.append_to(topic, (number / 2 % 2) as u32, numbered("k", number)));
    }
    for appending in pending {
        appending.await.expect("appended");
    }
    for (topic, first) in [(Topic::Messages, 0), (Topic::MessagesCommands, 1)] {
        for partition in 0..2 {
            let records = take(&mut tail_of(&*process, topic, partition, Start::At(0)), 150).await;
            let first = first + 2 * partition as usize;
            assert_eq!(numbers_of(&records), (first..600).step_by(4).collect::<Vec<_>>());
        }
    }
}

pub(super) async fn two_processes_see_one_order<L: LogUnderTest>(log: &L) {
    const EACH: usize = 1_000;
    let (one, other) = (log.open().await, log.open().await);
    let mut tails = [
        tail_of(&*one, Topic::MessagesCommands, 1, Start::At(0)),
        tail_of(&*other, Topic::MessagesCommands, 1, Start::At(0)),
    ];
    let append = |process: std::sync::Arc<L::Process>, first: usize| async move {
        for chunk in (first..first + EACH).collect::<Vec<_>>().chunks(20) {
            append_all(&*process, Topic::MessagesCommands, 1, chunk[0]..chunk[0] + chunk.len()).await;
        }
    };
    tokio::join!(append(one.clone(), 0), append(other.clone(), EACH));
    let [seen_by_one, seen_by_other] = &mut tails;
    let (seen_by_one, seen_by_other) = (take(seen_by_one, 2 * EACH).await, take(seen_by_other, 2 * EACH).await);
    assert_eq!(numbers_of(&seen_by_one), numbers_of(&seen_by_other));
    assert_eq!(offsets_of(&seen_by_one), (0..2 * EACH as u64).collect::<Vec<_>>());
    for process in [0..EACH, EACH..2 * EACH] {
        let own: Vec<_> = numbers_of(&seen_by_one).into_iter().filter(|number| process.contains(number)).collect();
        assert_eq!(own, process.collect::<Vec<_>>(), "each process's own records are in its call order");
    }
}

pub(super) async fn a_key_goes_where_jvm_clients_send_it<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    assert_eq!(process.partitions(Topic::Messages), L::PARTITIONS);
    // From Kafka's own tests of its murmur2.
    let hashes: [(&str, i32); 5] = [
        ("21", -973_932_308),
        ("foobar", -790_332_482),
        ("a-little-bit-long-string", -985_981_536),
        ("a-little-bit-longer-string", -1_486_304_829),
        ("abc", 479_470_107),
    ];
    for (key, hash) in hashes {
        let expected = (hash.cast_unsigned() & 0x7fff_ffff) % L::PARTITIONS;
        let position = process.append(Topic::Messages, numbered(key, 0)).await.expect("appended");
        assert_eq!(position.partition, expected, "{key}");
        assert_eq!(partition_of(key.as_bytes(), L::PARTITIONS), expected, "{key}");
    }
}

pub(super) async fn a_record_comes_back_as_it_was<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let headers = Headers::new().with("cause", "17").with("empty", "").with("cause", Bytes::from_static(&[0, 255]));
    let records = [
        NewRecord { key: "k".into(), value: Some(Bytes::from((0..=255).collect::<Vec<u8>>())), headers },
        NewRecord { key: Bytes::from_static(&[0, 255, 7]), value: Some(Bytes::new()), headers: Headers::new() },
        NewRecord { key: "gone".into(), value: None, headers: Headers::new() },
    ];
    for topic in [Topic::Reads, Topic::DeadLetters] {
        for record in &records {
            process.append_to(topic, 1, record.clone()).await.expect("appended");
        }
        // As its own process has it, and as another one reads it.
        for process in [process.clone(), log.open().await] {
            let seen = take(&mut tail_of(&*process, topic, 1, Start::At(0)), records.len()).await;
            for (seen, record) in seen.iter().zip(&records) {
                assert_eq!(
                    (&seen.key, &seen.value, &seen.headers, seen.partition),
                    (&record.key, &record.value, &record.headers, 1)
                );
            }
        }
    }
    // A batch never mixes partitions, and never is empty.
    append_all(&*process, Topic::Messages, 0, 0..10).await;
    append_all(&*process, Topic::Messages, 1, 0..10).await;
    let mut tail = process.tail(Topic::Messages, [(0, Start::At(0)), (1, Start::At(0))].into());
    let mut seen = BTreeMap::<_, Vec<_>>::new();
    while seen.values().map(Vec::len).sum::<usize>() < 20 {
        let batch = next(&mut tail).await;
        assert!(!batch.records.is_empty() && batch.records.iter().all(|record| record.partition == batch.partition));
        seen.entry(batch.partition).or_default().extend(batch.records.iter().map(number_in));
    }
    assert!(seen.values().all(|numbers| *numbers == (0..10).collect::<Vec<_>>()));
}

/// Of each topic in the table, whoever wrote the table's row.
pub(super) async fn every_topic_is_there<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    for topic in Topic::ALL {
        assert_eq!(process.partitions(topic), L::PARTITIONS, "{topic}");
        let mut tail = tail_of(&*process, topic, 1, Start::At(0));
        append_all(&*process, topic, 1, 7..8).await;
        assert_eq!(numbers_of(&take(&mut tail, 1).await), [7], "{topic}");
        let ends = process.ends(topic).await.all().expect("the log answers");
        assert_eq!(ends, (0..L::PARTITIONS).map(|p| (p, u64::from(p == 1))).collect(), "{topic}");
    }
}
