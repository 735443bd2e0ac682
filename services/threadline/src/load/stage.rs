//! Threads with their members' sockets, and stages of load on them.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::api::Api;
use super::clock::Clock;
use super::process::{self, Cpu};
use super::socket::{self, Send, Shared};
use super::tally::{Measured, Tally};
use crate::error::Error;

/// Sockets that are being opened at once.
const OPENING_MAX: usize = 32;
/// How long events may still come after the last send.
const DRAIN_WAIT: Duration = Duration::from_secs(10);
/// Between two looks whether all have come.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long the driver waits before the first scheduled time.
const LEAD_NS: u64 = 50_000_000;
/// Texts that are used when there is no corpus.
const TEXTS: [&str; 4] = [
    "On my way, ten minutes.",
    "Can you look at the second invoice again? The amount differs from what we agreed on last week.",
    "Great, thanks! I will bring the spare parts tomorrow and call you from the gate.",
    "Žádný problém 👍",
];
/// Texts that are taken of a corpus.
const CORPUS_TEXTS_MAX: usize = 10_000;

/// Threads whose members are all connected.
pub(super) struct Stage {
    pub(super) shared: Shared,
    rooms: Arc<Vec<Room>>,
    texts: Arc<Vec<Arc<str>>>,
    members: usize,
    number: u16,
}

struct Room {
    thread: Arc<str>,
    sockets: Vec<mpsc::Sender<Send>>,
}

/// The result of one stage.
pub(super) struct Outcome {
    pub(super) sent: u64,
    /// Events that should have arrived at others than their sender.
    pub(super) expected: u64,
    pub(super) measured: Measured,
    pub(super) cpu: Cpu,
    pub(super) seconds: f64,
}

impl Stage {
    /// Makes the threads with users of their own, and connects everybody.
    pub(super) async fn set(api: &Api, rooms: usize, members: usize, corpus: Option<&Path>) -> Result<Self, Error> {
        let texts = Arc::new(texts(corpus)?);
        let shared = Shared { clock: Clock::start(), tally: Arc::new(Tally::new()), stop: CancellationToken::new() };
        let run = Uuid::now_v7().simple().to_string();
        let made = stream::iter(0..rooms)
            .map(|room| {
                let users: Vec<String> = (0..members).map(|member| format!("load-{run}-{room}-{member}")).collect();
                let shared = shared.clone();
                async move {
                    let thread = api.create_group(room, &users).await?;
                    let sockets =
                        stream::iter(users.into_iter().enumerate())
                            .map(|(member, user)| {
                                let (index, shared) = (room * members + member, shared.clone());
                                async move {
                                    socket::connect(index, &api.socket_url(index), &api.token(&user)?, shared).await
                                }
                            })
                            .buffered(OPENING_MAX)
                            .try_collect()
                            .await?;
                    Ok::<_, Error>(Room { thread: thread.to_string().into(), sockets })
                }
            })
            .buffered(4)
            .try_collect()
            .await?;
        Ok(Self { shared, rooms: Arc::new(made), texts, members, number: 0 })
    }

    /// Sends `rate` messages a second, spread over threads and members in turn, and waits for the last ones to arrive.
    pub(super) async fn play(&mut self, rate: f64, duration: Duration, pids: &[u32]) -> Outcome {
        self.number += 1;
        let sends = (rate * duration.as_secs_f64()).round().max(1.0) as u64;
        let expected = sends * (self.members as u64 - 1);
        self.shared.tally.begin(self.number);
        let (before, start) = (process::cpu(pids), Instant::now());
        let schedule = Schedule {
            first_ns: self.shared.clock.now_ns() + LEAD_NS,
            interval_ns: 1e9 / rate,
            sends,
            stage: self.number,
            rooms: Arc::clone(&self.rooms),
            texts: Arc::clone(&self.texts),
            shared: self.shared.clone(),
        };
        let _ = tokio::task::spawn_blocking(move || schedule.play()).await;
        let last_sent = Instant::now();
        while self.shared.tally.received() < expected && last_sent.elapsed() < DRAIN_WAIT {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let measured = self.shared.tally.measured();
        let cpu = process::cpu(pids) - before;
        Outcome { sent: sends, expected, measured, cpu, seconds: start.elapsed().as_secs_f64() }
    }

    /// Closes every socket.
    pub(super) fn end(&self) {
        self.shared.stop.cancel();
    }
}

/// The times at which messages are due. A thread of its own keeps them.
struct Schedule {
    first_ns: u64,
    interval_ns: f64,
    sends: u64,
    stage: u16,
    rooms: Arc<Vec<Room>>,
    texts: Arc<Vec<Arc<str>>>,
    shared: Shared,
}

impl Schedule {
    fn play(self) {
        for turn in 0..self.sends {
            let scheduled_ns = self.first_ns + (turn as f64 * self.interval_ns) as u64;
            self.shared.clock.sleep_until(scheduled_ns);
            let turn = turn as usize;
            let room = &self.rooms[turn % self.rooms.len()];
            let member = (turn / self.rooms.len()) % room.sockets.len();
            let content = Arc::clone(&self.texts[turn % self.texts.len()]);
            let send = Send { thread: Arc::clone(&room.thread), stage: self.stage, scheduled_ns, content };
            // It must not wait: that would hide what the server holds up.
            if room.sockets[member].try_send(send).is_err() {
                self.shared.tally.fault(turn, |faults| faults.unsent += 1);
            }
        }
    }
}

/// Contents as JSON strings.
fn texts(corpus: Option<&Path>) -> Result<Vec<Arc<str>>, Error> {
    let own = || TEXTS.map(str::to_owned).to_vec();
    let texts = corpus.map_or_else(|| Ok(own()), |path| crate::import::texts(path, CORPUS_TEXTS_MAX))?;
    let texts = if texts.is_empty() { own() } else { texts };
    Ok(texts.iter().filter_map(|text| serde_json::to_string(text).ok()).map(Arc::from).collect())
}
