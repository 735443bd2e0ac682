//! The log goes away and comes back; processes die.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::join_all;
use threadline_eventlog::{Error, EventLog, Record, Start, Topic};
use tokio::time::timeout;

use super::owners::{Held, hold, share};
use super::{LogUnderTest, PATIENCE, append_all, number_in, numbered, numbers_of, offsets_of, tail_of, take};

/// No log's queue takes more records than this.
const QUEUED_MAX: usize = 200_000;

pub(super) async fn a_dead_owners_partitions_are_taken_over<L: LogUnderTest>(log: &L) {
    let (one, other) = (log.open().await, log.open().await);
    let (mut first, mut second) = (one.own(Topic::MessagesCommands, "g"), other.own(Topic::MessagesCommands, "g"));
    let (mut held_first, mut held_second) = (Held::default(), Held::default());
    share((&mut held_first, &mut first), (&mut held_second, &mut second), L::PARTITIONS).await;
    let started = Instant::now();
    log.kill(&one).await;
    hold(&mut held_second, &mut second, L::PARTITIONS).await;
    let took = started.elapsed();
    println!("taken over after {} ms", took.as_millis());
    assert!(took < L::TAKEOVER_MAX, "took {} ms", took.as_millis());
}

pub(super) async fn a_full_queue_refuses<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Messages, 0, 0..1).await;
    log.go_away().await;
    let mut pending = Vec::new();
    let mut full = false;
    for number in 0..QUEUED_MAX {
        let appending = process.append_to(Topic::Messages, 0, numbered("k", number));
        // Full is known at once.
        match appending.now_or_never() {
            Some(Err(Error::Full)) => {
                full = true;
                break;
            }
            Some(Ok(_)) => panic!("the log is away"),
            // Dropped: nobody waits for it.
            Some(Err(_)) | None => pending.push(number),
        }
    }
    log.come_back().await;
    assert!(full, "{} records were taken while the log was away", pending.len());
}

/// The queue has room again before the caller has seen that it had none.
pub(super) async fn a_full_queue_takes_what_was_called_after_it<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Messages, 0, 0..1).await;
    log.go_away().await;
    let mut queued = Vec::new();
    loop {
        assert!(queued.len() < QUEUED_MAX, "{} records were taken while the log was away", queued.len());
        let mut appending = process.append_to(Topic::Messages, 0, numbered("k", queued.len() + 1));
        match (&mut appending).now_or_never() {
            None => queued.push(appending),
            Some(Err(Error::Full)) => break,
            Some(Ok(_)) => panic!("the log is away"),
            // It found out, and gave up on what was queued by then.
            Some(Err(_)) => queued.clear(),
        }
    }
    // That one was seen; this one's caller looks later.
    let unseen = process.append_to(Topic::Messages, 0, numbered("k", queued.len() + 1));
    log.come_back().await;
    let drained = timeout(PATIENCE, join_all(queued)).await.expect("each has an outcome");
    let number = drained.len() + 2;
    for _ in 0..2 {
        let failed = process.append_to(Topic::Messages, 0, numbered("k", number)).await;
        assert!(matches!(failed, Err(Error::Unavailable(_))), "{failed:?}: the one before was not seen yet");
    }
    assert!(matches!(unseen.await, Err(Error::Full)));
    append_until_there(&*process, number, "k").await;
}

pub(super) async fn tails_go_on_after_an_outage<L: LogUnderTest>(log: &L) {
    let (writer, reader) = (log.open().await, log.open().await);
    let mut tails =
        [tail_of(&*writer, Topic::Messages, 0, Start::At(0)), tail_of(&*reader, Topic::Messages, 0, Start::At(0))];
    append_all(&*writer, Topic::Messages, 0, 0..10).await;
    for tail in &mut tails {
        take(tail, 10).await;
    }
    for outage in 1..=2 {
        log.go_away().await;
        log.come_back().await;
        append_until_there(&*writer, 10 * outage, "k").await;
        for tail in &mut tails {
            // The first attempt may be there although it failed, so it may come more than once.
            let mut seen = Vec::new();
            while seen.last() != Some(&(10 * outage)) {
                seen.extend(numbers_of(&take(tail, 1).await));
            }
            while let Some(more) = tail.try_next() {
                seen.extend(more.records.iter().map(number_in));
            }
            assert!(seen.iter().all(|number| *number == 10 * outage), "{seen:?}");
        }
    }
}

async fn append_until_there(log: &impl EventLog, number: usize, key: &str) {
    let append = async {
        while let Err(error) = log.append_to(Topic::Messages, 0, numbered(key, number)).await {
            assert!(error.retryable(), "{error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, append).await.expect("the log takes records again");
}

/// As a decider works: it appends without waiting, and after a failure goes on after what was confirmed.
/// So every number is there, the first time in order, although some may be there twice.
pub(super) async fn retries_through_outages_lose_nothing_and_keep_order<L: LogUnderTest>(log: &L) {
    const OUTAGES: usize = 6;
    const AHEAD: usize = 200;
    let (writer, reader) = (log.open().await, log.open().await);
    let mut tail = tail_of(&*reader, Topic::Messages, 1, Start::At(0));
    let over = AtomicBool::new(false);
    let write = async {
        let (mut confirmed, mut failures) = (0, 0);
        while !over.load(Ordering::Relaxed) {
            let pending: Vec<_> = (confirmed..confirmed + AHEAD)
                .map(|number| writer.append_to(Topic::Messages, 1, numbered("k", number)))
                .collect();
            for appending in pending {
                match appending.await {
                    Ok(_) => confirmed += 1,
                    Err(error) => {
                        assert!(error.retryable(), "{error}");
                        failures += 1;
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        break;
                    }
                }
            }
        }
        println!("{confirmed} confirmed, with {failures} failures");
        confirmed
    };
    let disturb = async {
        for _ in 0..OUTAGES {
            tokio::time::sleep(Duration::from_millis(100)).await;
            log.go_away().await;
            log.come_back().await;
        }
        append_until_there(&*writer, 0, "the last one").await;
        over.store(true, Ordering::Relaxed);
    };
    let both = async { tokio::join!(write, disturb) };
    let (confirmed, ()) = timeout(20 * PATIENCE, both).await.expect("the log takes records in the end");

    let end = writer.ends(Topic::Messages).await.all().expect("the log answers")[&1];
    let mut records = Vec::new();
    while records.last().is_none_or(|record: &Record| record.offset + 1 < end) {
        records.extend(take(&mut tail, 1).await);
    }
    assert!(offsets_of(&records).iter().copied().eq(0..end), "the tail saw every offset once, in order");
    let mut firsts = BTreeMap::new();
    for (place, number) in numbers_of(&records).into_iter().enumerate() {
        firsts.entry(number).or_insert(place);
    }
    assert!(firsts.len() >= confirmed, "what was confirmed is there");
    assert!(firsts.keys().copied().eq(0..firsts.len()), "there is no hole");
    assert!(firsts.values().is_sorted(), "each number came first after the one before it");
}

pub(super) async fn a_failure_takes_what_was_called_after_it<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Messages, 0, 0..1).await;
    log.go_away().await;
    let first = process.append_to(Topic::Messages, 0, numbered("k", 1));
    let mut later = vec![process.append_to(Topic::Messages, 0, numbered("k", 2))];
    // Long enough for the log to give up on the first, whose caller does not look.
    let mut last = process.append_to(Topic::Messages, 0, numbered("k", 3));
    let failed = timeout(PATIENCE, &mut last).await.expect("there is an outcome").expect_err("the log is away");
    assert!(matches!(failed, Error::Unavailable(_)));
    log.come_back().await;
    later.push(process.append_to(Topic::Messages, 0, numbered("k", 4)));
    for appending in later {
        assert!(matches!(appending.await, Err(Error::Unavailable(_))), "the first one's failure was not seen yet");
    }
    assert!(matches!(first.await, Err(Error::Unavailable(_))));
    append_until_there(&*process, 5, "k").await;
}

pub(super) async fn ownership_survives_an_outage<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    let mut ownership = process.own(Topic::MessagesCommands, "g");
    let mut held = Held::default();
    hold(&mut held, &mut ownership, L::PARTITIONS).await;
    log.go_away().await;
    log.come_back().await;
    // It may be lost and come again, or stay: in the end everything is owned, and others can still take over.
    let other = log.open().await;
    let mut second = other.own(Topic::MessagesCommands, "g");
    let mut held_second = Held::default();
    let follow = async {
        while held_second.0.is_empty() || held.0.len() + held_second.0.len() != L::PARTITIONS as usize {
            tokio::select! {
                () = held.follow(&mut ownership) => {}
                () = held_second.follow(&mut second) => {}
            }
        }
    };
    timeout(PATIENCE, follow).await.expect("the partitions are shared again");
}

pub(super) async fn health_tells_of_an_outage<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    process.health().await.expect("it is there");
    log.go_away().await;
    process.health().await.expect_err("it is away");
    log.come_back().await;
    let healthy = async {
        while process.health().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, healthy).await.expect("it is back");
}
