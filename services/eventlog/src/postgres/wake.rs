//! Wakes other processes when there are new records, and carries signals to them: NOTIFY, on a connection of its own.
//!
//! NOTIFY holds a lock of the whole server until its commit, so it stays out of the appends: their ends are collected
//! while a statement is under way and sent together, and not at all while no other process is on the log. A lost
//! wake-up costs only time, because readers also look by themselves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Notify, mpsc, oneshot};

use super::connect::{Backoff, bounded, connect};
use crate::{Error, Offset, Partition, Topic};

/// The channel of wake-ups.
pub(super) const RECORDS_CHANNEL: &str = "threadline_log_records";
/// The channel of signals.
pub(super) const SIGNALS_CHANNEL: &str = "threadline_log_signals";
/// Signals that may wait to be sent.
pub(super) const SIGNALS_MAX: usize = 1_000;
/// Signals in one statement.
const SIGNALS_BATCH_MAX: usize = 64;
/// The pause between two statements, so that much news goes in few of them.
const PAUSE_MS: u64 = 1;
/// Ends in one notification, which holds less than 8,000 bytes.
const ENDS_MAX: usize = 200;

const NOTIFY: &str = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS n (channel, payload)";

/// A signal on its way to other processes.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) payload: String,
    pub(super) sent: oneshot::Sender<Result<(), Error>>,
}

/// The news for other processes and for this one's reader.
#[derive(Debug)]
pub(super) struct Wakes {
    ends: Mutex<BTreeMap<(i16, Partition), Offset>>,
    wanted: Notify,
    reader: Notify,
    alone: AtomicBool,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self { ends: Mutex::default(), wanted: Notify::new(), reader: Notify::new(), alone: AtomicBool::new(false) }
    }

    /// Records that this process's records are in the log up to `end`; `gap` when records of other processes before
    /// them must still be read.
    pub(super) fn appended(&self, topic: Topic, partition: Partition, end: Offset, gap: bool) {
        if gap {
            self.read();
        }
        if !self.is_alone() {
            self.ends.lock().unwrap_or_else(PoisonError::into_inner).insert((topic.number(), partition), end);
            self.wanted.notify_one();
        }
    }

    /// Wakes this process's reader.
    pub(super) fn read(&self) {
        self.reader.notify_one();
    }

    /// Waits until the reader should look.
    pub(super) async fn read_wanted(&self) {
        self.reader.notified().await;
    }

    /// Whether no other process is on this log, as far as this one knows.
    pub(super) fn is_alone(&self) -> bool {
        self.alone.load(Ordering::Relaxed)
    }

    pub(super) fn set_alone(&self, alone: bool) {
        self.alone.store(alone, Ordering::Relaxed);
    }

    /// Takes all the news, each end as text.
    fn take(&self) -> Vec<String> {
        let ends = std::mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner));
        ends.into_iter().map(|((topic, partition), end)| format!("{topic}:{partition}:{end}")).collect()
    }
}

/// Decodes a wake-up: topics, partitions and their ends.
pub(super) fn ends_of(payload: &str) -> impl Iterator<Item = (Topic, Partition, Offset)> {
    payload.split(',').filter_map(|end| {
        let mut parts = end.split(':');
        let topic = Topic::from_number(parts.next()?.parse().ok()?)?;
        Some((topic, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    })
}

/// Sends news until it is dropped.
pub(super) async fn run(options: PgConnectOptions, wakes: Arc<Wakes>, mut signals: mpsc::Receiver<Outgoing>) {
    let mut connection: Option<PgConnection> = None;
    let mut backoff = Backoff::new();
    let mut outgoing = Vec::new();
    loop {
        tokio::select! {
            count = signals.recv_many(&mut outgoing, SIGNALS_BATCH_MAX) => if count == 0 { return },
            () = wakes.wanted.notified() => {}
        }
        let sent = tell(&options, &mut connection, &wakes, &outgoing).await;
        if sent.is_err() {
            connection = None;
        }
        for signal in outgoing.drain(..) {
            let _ = signal.sent.send(sent.clone().map(|_| ()));
        }
        match sent {
            Ok(told) => {
                backoff.reset();
                if told > 1 {
                    tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
                }
            }
            Err(error) => {
                tracing::debug!(
                    %error,
                    "failed to notify other processes of new records: {error}; they look for themselves"
                );
                backoff.wait().await;
            }
        }
    }
}

/// Sends the news there is, and returns how much that was.
async fn tell(
    options: &PgConnectOptions,
    connection: &mut Option<PgConnection>,
    wakes: &Wakes,
    outgoing: &[Outgoing],
) -> Result<usize, Error> {
    let ends = wakes.take();
    let told = ends.len() + outgoing.len();
    if wakes.is_alone() || told == 0 {
        return Ok(0);
    }
    let ends: Vec<_> = ends.chunks(ENDS_MAX).map(|ends| ends.join(",")).collect();
    let mut channels = vec![RECORDS_CHANNEL; ends.len()];
    channels.resize(ends.len() + outgoing.len(), SIGNALS_CHANNEL);
    let payloads: Vec<&str> =
        ends.iter().map(String::as_str).chain(outgoing.iter().map(|signal| signal.payload.as_str())).collect();
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(connect(options).await?),
    };
    bounded(sqlx::query(NOTIFY).bind(channels).bind(payloads).execute(connection)).await.map(|_| told)
}
