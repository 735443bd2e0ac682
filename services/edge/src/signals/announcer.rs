//! What this edge tells the others of its own users.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadline_domain::{ThreadId, UserId};
use threadline_eventlog::EventLog;
use threadline_hub::{Hub, LocalUser};
use threadline_wire::{PresenceStatus, Signal};

use super::presence::Presence;
use super::send;
use crate::config::SignalsConfig;
use crate::session::SessionHandle;

/// Users told of in one tick; the others wait for the next.
const USERS_PER_TICK_MAX: usize = 200;
/// Threads in one signal: it has to fit into a Postgres notification.
const THREADS_PER_SIGNAL_MAX: usize = 64;
/// An edge that starts says so twice: the edge that was to answer the first time may be gone.
const STARTS: u32 = 2;

/// Tells the other edges who is here and how present. Changes that cancel out within a tick or the grace after the last
/// session are not told.
pub(crate) struct Announcer {
    edge: String,
    log: Arc<dyn EventLog>,
    /// What was told last of each local user.
    told: HashMap<UserId, PresenceStatus>,
    /// Users to look at in the next ticks; true: to be told of even if nothing has changed.
    due: BTreeMap<UserId, bool>,
    /// Users without a session: since when, and their threads.
    gone: HashMap<UserId, (Instant, Vec<ThreadId>)>,
    offline_after: Duration,
    alive_every: Duration,
    alive_at: Option<Instant>,
    /// How often it was said that this edge has started, and when that is due next.
    starts: u32,
    start_at: Option<Instant>,
    start_again_after: Duration,
    threads_per_user_max: usize,
    /// Users of all edges that a new edge is still to be told of.
    answer: Vec<UserId>,
}

impl Announcer {
    pub(crate) fn new(edge: String, log: Arc<dyn EventLog>, config: &SignalsConfig) -> Self {
        Self {
            edge,
            log,
            told: HashMap::new(),
            due: BTreeMap::new(),
            gone: HashMap::new(),
            offline_after: config.offline_after,
            alive_every: config.alive,
            alive_at: None,
            starts: 0,
            start_at: None,
            start_again_after: config.edge_silent,
            threads_per_user_max: config.threads_per_user_max,
            answer: Vec::new(),
        }
    }

    pub(crate) fn edge(&self) -> &str {
        &self.edge
    }

    /// The user's presence may have changed.
    pub(crate) fn touch(&mut self, user: &UserId) {
        self.due.entry(user.clone()).or_default();
    }

    /// The user's last session has ended.
    pub(crate) fn left(&mut self, user: UserId, mut threads: Vec<ThreadId>) {
        if self.told.contains_key(&user) {
            threads.truncate(self.threads_per_user_max);
            self.gone.insert(user, (Instant::now(), threads));
        }
    }

    /// A local user has come into a thread.
    pub(crate) fn joined(&self, user: &UserId, thread: ThreadId) {
        if let Some(&status) = self.told.get(user) {
            self.tell(user, status, &[thread]);
        }
    }

    /// Another edge has started, and this edge tells it of everybody who is present anywhere. Spread over time.
    pub(crate) fn answer(&mut self, presence: &Presence) {
        self.answer = presence.users().cloned().collect();
    }

    /// Hears a signal about a user of this edge, which another edge may have repeated when it was true no more.
    pub(crate) fn heard(&mut self, user: &UserId, status: PresenceStatus, threads: &[ThreadId]) {
        match self.told.get(user) {
            Some(&told) if told != status => _ = self.due.insert(user.clone(), true),
            None if status != PresenceStatus::Offline => self.tell(user, PresenceStatus::Offline, threads),
            _ => {}
        }
    }

    /// Looks at every user again, after requests were lost.
    pub(crate) fn look_again(&mut self, hub: &Hub<SessionHandle>, presence: &Presence) {
        for user in hub.users() {
            self.touch(user.id());
        }
        let gone: Vec<_> = self.told.keys().filter(|user| hub.user(user).is_none()).cloned().collect();
        for user in gone {
            let (_, threads) = presence.of(&user);
            self.left(user, threads);
        }
    }

    /// Tells what is due.
    pub(crate) fn tick(&mut self, hub: &Hub<SessionHandle>, presence: &Presence, now: Instant) {
        if self.alive_at.is_none_or(|at| now.saturating_duration_since(at) >= self.alive_every) {
            self.alive_at = Some(now);
            let started = self.starts < STARTS && self.start_at.is_none_or(|at| now >= at);
            if started {
                self.starts += 1;
                self.start_at = Some(now + self.start_again_after);
            }
            send(&*self.log, &Signal::EdgeAlive { edge: self.edge.clone(), started });
        }
        self.answer_on(presence);
        for _ in 0..USERS_PER_TICK_MAX {
            let Some((user, repeat)) = self.due.pop_first() else { break };
            let Some(local) = hub.user(&user) else { continue };
            self.gone.remove(&user);
            let status = status_of(&local);
            if self.told.insert(user.clone(), status) != Some(status) || repeat {
                let threads: Vec<_> = local.threads().into_iter().take(self.threads_per_user_max).collect();
                self.tell(&user, status, &threads);
            }
        }
        let after = self.offline_after;
        let offline: Vec<_> =
            self.gone.extract_if(|_, (since, _)| now.saturating_duration_since(*since) >= after).collect();
        for (user, (_, threads)) in offline {
            if hub.user(&user).is_none() {
                self.told.remove(&user);
                self.tell(&user, PresenceStatus::Offline, &threads);
            }
        }
    }

    fn answer_on(&mut self, presence: &Presence) {
        for user in self.answer.split_off(self.answer.len().saturating_sub(USERS_PER_TICK_MAX)) {
            let (on, threads) = presence.of(&user);
            for (edge, status) in on {
                self.tell_of(&edge, &user, status, &threads);
            }
        }
    }

    fn tell(&self, user: &UserId, status: PresenceStatus, threads: &[ThreadId]) {
        self.tell_of(&self.edge, user, status, threads);
    }

    fn tell_of(&self, edge: &str, user: &UserId, status: PresenceStatus, threads: &[ThreadId]) {
        for threads in threads.chunks(THREADS_PER_SIGNAL_MAX) {
            let (edge, user, threads) = (edge.to_owned(), user.clone(), threads.to_vec());
            send(&*self.log, &Signal::Presence { edge, user, status, threads });
        }
    }
}

/// How present a user is here: the most present session counts.
fn status_of(user: &LocalUser<SessionHandle>) -> PresenceStatus {
    let is_active = user.sessions().iter().any(|session| !session.is_away());
    if is_active { PresenceStatus::Active } else { PresenceStatus::Away }
}
