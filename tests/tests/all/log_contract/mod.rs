//! What every log promises, tried on each implementation.

mod classes;
mod failures;
mod limits;
mod order;
mod owners;
mod retention;
mod tails;

mod kafka;
mod memory;
mod postgres;
mod speed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use threadline_eventlog::{
    EventLog, Headers, NewRecord, Offset, Partition, Position, Record, Start, Tail, TailBatch, Topic,
};
use tokio::time::timeout;

/// Longer than anything here should ever take; only a failing test waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log that the checks can have their way with.
pub(crate) trait LogUnderTest: Send + Sync + 'static {
    /// One process's way into it.
    type Process: EventLog;

    /// Within this time a dead owner's partitions have a new one.
    const TAKEOVER_MAX: Duration;

    /// How many partitions its topics have; more than one.
    const PARTITIONS: u32;

    /// A new process on the log.
    async fn open(&self) -> Arc<Self::Process>;

    /// The process is killed: it cannot say goodbye.
    async fn kill(&self, process: &Self::Process);

    /// The log's server goes away, without a word.
    async fn go_away(&self);

    /// The log's server comes back with its data.
    async fn come_back(&self);

    /// A topic goes away and stays so; the others are there.
    async fn take_away(&self, topic: Topic);

    /// Retention takes away every record of the topic that is there now.
    async fn expire(&self, topic: Topic);
}

/// One test for each check.
macro_rules! contract {
    ($start:path: $($subject:ident::{$($check:ident),* $(,)?});* $(;)?) => {
        $(mod $subject {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    if let Some(log) = $start().await {
                        crate::log_contract::$subject::$check(&log).await;
                    }
                }
            )*
        })*
    };
}

/// Every check, on one implementation. The named functions start it, the second one for the checks in which its server
/// goes away or its processes are killed; `None` when it cannot be had here.
macro_rules! every_check {
    ($start:path) => {
        crate::log_contract::every_check! { $start, $start }
    };
    ($start:path, $start_alone:path) => {
        crate::log_contract::contract! {
            $start:
            order::{
                offsets_rise_by_one_from_zero,
                appends_take_effect_in_call_order,
                two_processes_see_one_order,
                a_key_goes_where_jvm_clients_send_it,
                a_record_comes_back_as_it_was,
                every_topic_is_there,
            };
            tails::{
                a_tail_starts_anywhere,
                a_tail_from_the_end_sees_what_comes_later,
                tails_do_not_disturb_each_other,
                a_slow_tail_misses_nothing,
                another_process_is_followed,
                signals_reach_other_processes,
            };
            owners::{
                two_owners_share_all_partitions,
                who_leaves_gives_back,
                the_next_owner_learns_the_commit,
                who_has_left_has_given_back_and_committed,
                groups_do_not_meet,
            };
            classes::{
                facts_that_are_stuck_hold_up_nothing_else,
            };
            limits::{
                a_record_too_large_is_refused,
                a_partition_that_is_not_there_is_refused,
            };
            retention::{
                what_expired_is_skipped,
            };
        }
        crate::log_contract::contract! {
            $start_alone:
            failures::{
                a_dead_owners_partitions_are_taken_over,
                a_full_queue_refuses,
                a_full_queue_takes_what_was_called_after_it,
                tails_go_on_after_an_outage,
                retries_through_outages_lose_nothing_and_keep_order,
                a_failure_takes_what_was_called_after_it,
                ownership_survives_an_outage,
                health_tells_of_an_outage,
            };
        }
    };
}

pub(crate) use {contract, every_check};

/// A record of this key with a number for a value.
fn numbered(key: &str, number: usize) -> NewRecord {
    NewRecord {
        key: Bytes::copy_from_slice(key.as_bytes()),
        value: Some(number.to_string().into()),
        headers: Headers::new(),
    }
}

/// The number in a record.
fn number_in(record: &Record) -> usize {
    let value = record.value.as_deref().expect("the record has a value");
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).expect("the value is a number")
}

/// Appends, one after the other, until each is there.
async fn append_all(
    log: &impl EventLog,
    topic: Topic,
    partition: Partition,
    numbers: std::ops::Range<usize>,
) -> Vec<Position> {
    let pending: Vec<_> = numbers.map(|number| log.append_to(topic, partition, numbered("k", number))).collect();
    let mut positions = Vec::new();
    for appending in pending {
        positions.push(appending.await.expect("appended"));
    }
    positions
}

/// A tail of one partition.
fn tail_of(log: &impl EventLog, topic: Topic, partition: Partition, start: Start) -> Tail {
    log.tail(topic, BTreeMap::from([(partition, start)]))
}

async fn next(tail: &mut Tail) -> TailBatch {
    timeout(PATIENCE, tail.next()).await.expect("the tail has something").expect("the tail goes on")
}

/// The next so many records.
async fn take(tail: &mut Tail, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    while records.len() < count {
        records.extend(next(tail).await.records.iter().cloned());
    }
    records
}

fn offsets_of(records: &[Record]) -> Vec<Offset> {
    records.iter().map(|record| record.offset).collect()
}

fn numbers_of(records: &[Record]) -> Vec<usize> {
    records.iter().map(number_in).collect()
}
