//! Typing and presence, from sessions to the other edges and from them to sessions: a task of its own.
//!
//! Cost grows with the number of users who were not told yet. In threads with many members online both are summed up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use threadline_domain::{ThreadId, UserId};
use threadline_eventlog::{Tail, TailBatch};
use threadline_hub::Outputs;
use threadline_wire::{PresenceStatus, Signal, frame};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use super::requests::{Requester, SignalRequest};
use super::shared::Core;
use crate::metrics;
use crate::session::SessionHandle;
use crate::signals::{self, Announcer, Change, LISTED_MAX, Presence, Summaries, Told, Typing, TypingChange};
use crate::ws::answer;

/// How often changes are told.
const TICK_INTERVAL: Duration = Duration::from_millis(100);
/// Users in one frame.
const USERS_PER_FRAME_MAX: usize = 256;
/// Present users that a new session is told of by name.
const PRESENT_TOLD_MAX: usize = 2_048;

/// What the task for signals knows.
pub(super) struct Signals {
    core: Arc<Core>,
    typing: Typing,
    typing_counts: Summaries,
    presence: Presence,
    told: Told,
    online_counts: Summaries,
    announcer: Announcer,
    out: Outputs<SessionHandle>,
}

impl Signals {
    pub(super) fn new(core: Arc<Core>) -> Self {
        let config = &core.deps.config.signals;
        let edge = core.deps.appender.edge().to_owned();
        Self {
            typing: Typing::new(config),
            typing_counts: Summaries::default(),
            presence: Presence::new(config),
            told: Told::new(config),
            online_counts: Summaries::default(),
            announcer: Announcer::new(edge, Arc::clone(&core.deps.log), config),
            out: Outputs::default(),
            core,
        }
    }

    /// Runs for ever.
    pub(super) async fn run(mut self, mut tail: Tail, mut inbox: mpsc::Receiver<SignalRequest>) {
        let mut tick = tokio::time::interval(TICK_INTERVAL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(batch) = tail.next() => self.on_batch(&batch),
                Some(request) = inbox.recv() => self.on_request(request),
                _ = tick.tick() => self.on_tick(Instant::now()),
            }
            self.core.flush(&mut self.out);
        }
    }

    fn on_batch(&mut self, batch: &TailBatch) {
        let now = Instant::now();
        for record in batch.records.iter() {
            match signals::read(record) {
                Ok(Signal::Typing { thread, user, active }) => self.on_typing_signal(thread, &user, active, now),
                Ok(Signal::Presence { edge, user, status, threads }) => {
                    if edge == self.announcer.edge() {
                        self.announcer.heard(&user, status, &threads);
                    }
                    if let Some(change) = self.presence.heard(&edge, &user, status, &threads, now) {
                        self.on_change(&change);
                    }
                }
                Ok(Signal::EdgeAlive { edge, started }) => {
                    self.presence.alive(&edge, now);
                    if started && self.presence.answers(&edge) == Some(self.announcer.edge()) {
                        self.announcer.answer(&self.presence);
                    }
                }
                Err(_) => metrics::unreadable_records().increment(1),
            }
        }
    }

    fn on_request(&mut self, request: SignalRequest) {
        match request {
            SignalRequest::Typing { requester, thread, active } => self.on_typing(requester, thread, active),
            SignalRequest::Presence { requester, status } => self.on_presence(requester, status),
            SignalRequest::Entered { user, session } => {
                self.tell_who_is_present(&user, &session);
                self.announcer.touch(&user);
            }
            SignalRequest::Left { user, threads: Some(threads) } => {
                self.on_left(&user, &threads);
                self.announcer.left(user, threads);
            }
            SignalRequest::Left { user, threads: None } => self.announcer.touch(&user),
            SignalRequest::Joined { user, thread } => self.on_joined(&user, thread),
            SignalRequest::Removed { user, thread } => self.on_removed(&user, thread),
        }
    }

    fn on_tick(&mut self, now: Instant) {
        if self.core.take_signals_lost() {
            self.announcer.look_again(&self.core.hub, &self.presence);
            for user in self.core.hub.users() {
                user.sessions().iter().for_each(|session| self.tell_who_is_present(user.id(), session));
            }
        }
        for (thread, user, change) in self.typing.expire(now) {
            self.tell_typing(thread, &user, false, change);
        }
        for change in self.presence.expire(now) {
            self.on_change(&change);
        }
        self.tell_due(now);
        self.tell_counts(now);
        self.announcer.tick(&self.core.hub, &self.presence, now);
    }

    /// Notes whom to tell of a change: those who know of the user, and members of the user's threads who do not yet.
    fn on_change(&mut self, change: &Change) {
        let Change { user, status, is_other_status, threads } = change;
        if *status == PresenceStatus::Offline {
            self.told.gone(user);
        } else if *is_other_status {
            self.told.changed(user);
        }
        for &thread in threads {
            if self.presence.online(thread) > LISTED_MAX || self.online_counts.is_summed_up(thread) {
                self.online_counts.mark(thread);
            } else if *status != PresenceStatus::Offline {
                for member in self.core.hub.members(thread) {
                    self.told.introduce(member.id(), user);
                }
            }
        }
    }

    /// Forgets what a local user knew, after its last session. A new session is told of everybody.
    fn on_left(&mut self, user: &UserId, threads: &[ThreadId]) {
        if self.core.hub.user(user).is_some() {
            return;
        }
        self.told.told_all(user);
        for &thread in threads {
            // In larger threads few were told by name. They are forgotten when somebody would tell them.
            if self.presence.online(thread) <= LISTED_MAX {
                self.presence.present_in(thread).for_each(|(other, _)| self.told.forget(user, other));
            }
        }
    }

    /// A local user has joined a thread.
    fn on_joined(&mut self, user: &UserId, thread: ThreadId) {
        self.announcer.joined(user, thread);
        let online = self.presence.online(thread);
        if online > LISTED_MAX {
            if let Some(local) = self.core.hub.user(user) {
                local.push(&frame::presence_count(thread, online).into(), &mut self.out);
            }
            return;
        }
        // The signal of who is present there may have come before the event.
        for (other, _) in self.presence.present_in(thread) {
            self.told.introduce(user, other);
        }
    }

    /// A user has left a thread. Who shares another thread is told again at the next change.
    fn on_removed(&mut self, user: &UserId, thread: ThreadId) {
        self.typing.stop(thread, user);
        for (other, _) in self.presence.present_in(thread) {
            self.told.forget(user, other);
        }
        for member in self.core.hub.members(thread) {
            self.told.forget(member.id(), user);
        }
        self.presence.removed(thread, user);
        if self.online_counts.is_summed_up(thread) {
            self.online_counts.mark(thread);
        }
    }

    /// Tells a new session who is present in its threads.
    fn tell_who_is_present(&mut self, user: &UserId, session: &Arc<SessionHandle>) {
        let Some(local) = self.core.hub.user(user) else { return };
        let mut present = HashMap::new();
        for thread in local.threads() {
            let online = self.presence.online(thread);
            if online > LISTED_MAX {
                self.out.push(session, &frame::presence_count(thread, online).into());
            } else {
                present.extend(self.presence.present_in(thread).filter(|(other, _)| *other != user));
            }
        }
        if present.len() > PRESENT_TOLD_MAX {
            let untold = present.len() - PRESENT_TOLD_MAX;
            metrics::presence_untold().increment(untold as u64);
        }
        if local.sessions().len() == 1 {
            self.told.told_all(user);
        }
        let present: Vec<_> = present.into_iter().take(PRESENT_TOLD_MAX).collect();
        for some in present.chunks(USERS_PER_FRAME_MAX) {
            for (other, _) in some {
                self.told.note(user, other);
            }
            self.out.push(session, &frame::presence(some.iter().copied()).into());
        }
    }

    /// Tells whoever is to be told, each in one frame.
    fn tell_due(&mut self, now: Instant) {
        // Most are told of the same one user.
        let mut of_one: HashMap<UserId, Bytes> = HashMap::new();
        for (watcher, users) in self.told.take_due(now) {
            let Some(local) = self.core.hub.user(&watcher) else {
                for user in &users {
                    self.told.forget(&watcher, user);
                }
                continue;
            };
            let users: Vec<_> = users.iter().map(|user| (user, self.presence.status(user))).collect();
            if let [(user, status)] = users[..] {
                let frame = of_one.entry(user.clone()).or_insert_with(|| frame::presence([(user, status)]).into());
                local.push(frame, &mut self.out);
                continue;
            }
            for some in users.chunks(USERS_PER_FRAME_MAX) {
                local.push(&frame::presence(some.iter().copied()).into(), &mut self.out);
            }
        }
    }

    /// Tells the members of large threads how many are online and how many type.
    fn tell_counts(&mut self, now: Instant) {
        let hub = &self.core.hub;
        let (presence, typing) = (&self.presence, &self.typing);
        let online = |thread| hub.wants(thread).then(|| presence.online(thread));
        for (thread, online) in self.online_counts.take_due(now, online) {
            hub.push(thread, None, &frame::presence_count(thread, online).into(), &mut self.out);
            if online <= LISTED_MAX {
                self.online_counts.forget(thread);
                for member in hub.members(thread) {
                    self.presence.present_in(thread).for_each(|(other, _)| self.told.introduce(member.id(), other));
                }
            }
        }
        let typists = |thread| hub.wants(thread).then(|| typing.count(thread));
        for (thread, count) in self.typing_counts.take_due(now, typists) {
            hub.push(thread, None, &frame::typing_count(thread, count).into(), &mut self.out);
            if count == 0 {
                self.typing_counts.forget(thread);
            }
        }
    }

    fn on_typing_signal(&mut self, thread: ThreadId, user: &UserId, active: bool, now: Instant) {
        if !self.core.hub.wants(thread) {
            return;
        }
        let by_name = self.presence.online(thread) <= LISTED_MAX;
        let change =
            if active { self.typing.start(thread, user, by_name, now) } else { self.typing.stop(thread, user) };
        self.tell_typing(thread, user, active, change);
    }

    fn tell_typing(&mut self, thread: ThreadId, user: &UserId, active: bool, change: TypingChange) {
        match change {
            TypingChange::Nothing => {}
            TypingChange::Name => {
                self.core.hub.push(thread, Some(user), &frame::typing(thread, user, active).into(), &mut self.out);
            }
            TypingChange::Count => self.typing_counts.mark(thread),
        }
    }

    /// A session shows that its user types, or stops.
    fn on_typing(&mut self, requester: Requester, thread: ThreadId, active: bool) {
        let Requester { user, session, id } = requester;
        if !self.core.hub.user(&user).is_some_and(|local| local.is_member(thread)) {
            return session.finish(Some(answer::not_a_member(id)));
        }
        if !active || !self.typing.is_fresh(thread, &user, Instant::now()) {
            signals::send(&*self.core.deps.log, &Signal::Typing { thread, user, active });
        }
        session.finish(id.map(|id| answer::done(Some(&id))));
    }

    /// A session shows how present its user is.
    fn on_presence(&mut self, requester: Requester, status: PresenceStatus) {
        let Requester { user, session, id } = requester;
        session.set_away(status == PresenceStatus::Away);
        self.announcer.touch(&user);
        session.finish(id.map(|id| answer::done(Some(&id))));
    }
}
