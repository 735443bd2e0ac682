//! What was measured and what was found wrong.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest time that is told apart from longer ones, microseconds.
const LATENCY_US_MAX: u64 = 120_000_000;
/// Sockets that share a part of the tally, so that they do not wait for each other.
const PARTS: usize = 16;

/// Counts and latencies of the stage in progress; shared by all sockets.
pub(super) struct Tally {
    stage: AtomicU16,
    parts: Vec<Mutex<Part>>,
    /// Events that arrived at others than their sender, in this stage.
    received: AtomicU64,
}

#[derive(Clone)]
struct Part {
    receive: Histogram<u64>,
    acknowledge: Histogram<u64>,
    faults: Faults,
    errors: BTreeMap<String, u64>,
}

/// What must not be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Faults {
    /// An event whose seq its socket had seen in that thread.
    pub(super) duplicated: u64,
    /// Seqs that were passed over.
    pub(super) skipped: u64,
    /// Sockets that ended though nobody asked them to.
    pub(super) disconnected: u64,
    /// Sends that the driver itself could not hand out in time.
    pub(super) unsent: u64,
}

/// The result of a stage.
#[derive(Clone)]
pub(super) struct Measured {
    pub(super) received: u64,
    pub(super) receive: Histogram<u64>,
    pub(super) acknowledge: Histogram<u64>,
    pub(super) faults: Faults,
    pub(super) errors: BTreeMap<String, u64>,
}

/// Percentiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) p999: f64,
    pub(super) max: f64,
}

pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_max(LATENCY_US_MAX, 3).expect("the bounds are in order")
}

pub(super) fn record_ns(histogram: &mut Histogram<u64>, ns: u64) {
    histogram.saturating_record(ns / 1_000);
}

impl Latency {
    pub(super) fn of(histogram: &Histogram<u64>) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
        Self { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: histogram.max() as f64 / 1_000.0 }
    }
}

impl Part {
    fn new() -> Self {
        Self { receive: histogram(), acknowledge: histogram(), faults: Faults::default(), errors: BTreeMap::new() }
    }
}

impl Tally {
    pub(super) fn new() -> Self {
        let parts = (0..PARTS).map(|_| Mutex::new(Part::new())).collect();
        Self { stage: AtomicU16::new(0), parts, received: AtomicU64::new(0) }
    }

    /// Forgets what was measured and counts for this stage from now on.
    pub(super) fn begin(&self, stage: u16) {
        self.stage.store(stage, Ordering::SeqCst);
        self.received.store(0, Ordering::SeqCst);
        for part in &self.parts {
            *part.lock().unwrap_or_else(PoisonError::into_inner) = Part::new();
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::SeqCst)
    }

    /// An event of a message that somebody else sent in this stage.
    pub(super) fn receive(&self, socket: usize, stage: u16, latency_ns: u64) {
        if self.is_now(stage) {
            self.part(socket, |part| record_ns(&mut part.receive, latency_ns));
            self.received.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The `ok` of a message that was sent in this stage.
    pub(super) fn acknowledge(&self, socket: usize, stage: u16, latency_ns: u64) {
        if self.is_now(stage) {
            self.part(socket, |part| record_ns(&mut part.acknowledge, latency_ns));
        }
    }

    pub(super) fn error(&self, socket: usize, code: &str) {
        self.part(socket, |part| *part.errors.entry(code.to_owned()).or_default() += 1);
    }

    pub(super) fn fault(&self, socket: usize, note: impl FnOnce(&mut Faults)) {
        self.part(socket, |part| note(&mut part.faults));
    }

    pub(super) fn measured(&self) -> Measured {
        let mut all = Part::new();
        for part in &self.parts {
            let part = part.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = all.receive.add(&part.receive);
            let _ = all.acknowledge.add(&part.acknowledge);
            all.faults.duplicated += part.faults.duplicated;
            all.faults.skipped += part.faults.skipped;
            all.faults.disconnected += part.faults.disconnected;
            all.faults.unsent += part.faults.unsent;
            for (code, count) in &part.errors {
                *all.errors.entry(code.clone()).or_default() += count;
            }
        }
        let Part { receive, acknowledge, faults, errors } = all;
        Measured { received: self.received(), receive, acknowledge, faults, errors }
    }

    fn is_now(&self, stage: u16) -> bool {
        self.stage.load(Ordering::Relaxed) == stage
    }

    fn part(&self, socket: usize, note: impl FnOnce(&mut Part)) {
        note(&mut self.parts[socket % PARTS].lock().unwrap_or_else(PoisonError::into_inner));
    }
}
