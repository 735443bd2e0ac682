//! Typing and presence, from sessions to the other edges and from them to sessions: a task of its own.

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

use super::core::Core;
use super::requests::{Asked, SignalRequest};
use crate::session::SessionHandle;
use crate::signals::{self, Announcer, Change, Presence, Typing};
use crate::ws::answer;

/// How often changes are told.
const TICK: Duration = Duration::from_millis(100);
/// Present users that a new session is told of.
const PRESENT_TOLD_MAX: usize = 256;
/// Local users of a thread up to which presence is shown in it: each change costs a frame for every one of them.
const PRESENCE_MEMBERS_MAX: usize = 256;

/// What the task for signals knows.
pub(super) struct Signals {
    core: Arc<Core>,
    typing: Typing,
    presence: Presence,
    announcer: Announcer,
    out: Outputs<SessionHandle>,
}

impl Signals {
    pub(super) fn new(core: Arc<Core>) -> Self {
        let config = &core.deps.config.signals;
        let edge = core.deps.commands.edge().to_owned();
        Self {
            typing: Typing::new(config),
            presence: Presence::new(config),
            announcer: Announcer::new(edge, Arc::clone(&core.deps.log), config),
            out: Outputs::default(),
            core,
        }
    }

    /// Runs for ever.
    pub(super) async fn run(mut self, mut tail: Tail, mut inbox: mpsc::Receiver<SignalRequest>) {
        let mut tick = tokio::time::interval(TICK);
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
}

impl Signals {
    fn on_batch(&mut self, batch: &TailBatch) {
        let now = Instant::now();
        for record in batch.records.iter() {
            match signals::read(record) {
                Ok(Signal::Typing { thread, user, active }) => self.on_typing_signal(thread, &user, active, now),
                Ok(Signal::Presence { edge, user, status, threads }) => {
                    if let Some(change) = self.presence.heard(&edge, &user, status, &threads, now) {
                        self.tell(&change);
                    }
                }
                Ok(Signal::EdgeAlive { edge, started }) => {
                    self.presence.alive(&edge, now);
                    if started && edge != self.announcer.edge() {
                        self.announcer.repeat(&self.core.hub);
                    }
                }
                Err(_) => metrics::counter!("threadline_edge_unread_records_total").increment(1),
            }
        }
    }

    fn on_request(&mut self, request: SignalRequest) {
        match request {
            SignalRequest::Typing { asked, thread, active } => self.on_typing(asked, thread, active),
            SignalRequest::Presence { asked, status } => self.on_presence(asked, status),
            SignalRequest::Entered { user, session } => {
                if let Some(local) = self.core.hub.user(&user) {
                    self.tell_present_in(&local.threads(), &user, &session);
                }
                self.announcer.touch(&user);
            }
            SignalRequest::Left { user, threads: Some(threads) } => self.announcer.left(user, threads),
            SignalRequest::Left { user, threads: None } => self.announcer.touch(&user),
            SignalRequest::Joined { user, thread } => {
                self.announcer.joined(&user, thread);
                if let Some(local) = self.core.hub.user(&user) {
                    // The signal of who is present there may have come before the event.
                    local.sessions().iter().for_each(|session| self.tell_present_in(&[thread], &user, session));
                }
            }
            SignalRequest::Removed { user, thread } => {
                self.typing.stop(thread, &user);
                self.presence.removed(thread, &user);
            }
        }
    }

    fn on_typing_signal(&mut self, thread: ThreadId, user: &UserId, active: bool, now: Instant) {
        if !self.core.hub.wants(thread) {
            return;
        }
        let tell = if active { self.typing.start(thread, user, now) } else { self.typing.stop(thread, user) };
        if tell {
            self.core.hub.push(thread, Some(user), &frame::typing(thread, user, active).into(), &mut self.out);
        }
    }

    fn on_tick(&mut self, now: Instant) {
        for (thread, user) in self.typing.expire(now) {
            self.core.hub.push(thread, Some(&user), &frame::typing(thread, &user, false).into(), &mut self.out);
        }
        for change in self.presence.expire(now) {
            self.tell(&change);
        }
        self.announcer.tick(&self.core.hub, now);
    }

    /// Tells every local user who shares one of the threads, once.
    fn tell(&mut self, change: &Change) {
        let hub = &self.core.hub;
        let shown = |thread: &&ThreadId| hub.count_members(**thread) <= PRESENCE_MEMBERS_MAX;
        let members = change.threads.iter().filter(shown).flat_map(|&thread| hub.members(thread));
        let receivers: HashMap<_, _> = members.map(|user| (user.id().clone(), user)).collect();
        let frame = Bytes::from(frame::presence(&change.user, change.status));
        for user in receivers.into_values().filter(|user| *user.id() != change.user) {
            user.push(&frame, &mut self.out);
        }
    }

    fn tell_present_in(&self, threads: &[ThreadId], user: &UserId, session: &SessionHandle) {
        let shown = |thread: &&ThreadId| self.core.hub.count_members(**thread) <= PRESENCE_MEMBERS_MAX;
        let present = threads.iter().filter(shown).flat_map(|&thread| self.presence.present_in(thread));
        let present: HashMap<_, _> = present.filter(|(other, _)| *other != user).collect();
        for (other, status) in present.into_iter().take(PRESENT_TOLD_MAX) {
            session.send(&frame::presence(other, status).into());
        }
    }

    /// A session shows that its user types, or stops.
    fn on_typing(&mut self, asked: Asked, thread: ThreadId, active: bool) {
        let Asked { user, session, id } = asked;
        if !self.core.hub.user(&user).is_some_and(|local| local.is_member(thread)) {
            return session.finish(Some(answer::not_a_member(id)));
        }
        signals::send(&*self.core.deps.log, &Signal::Typing { thread, user, active });
        session.finish(id.map(|id| answer::done(Some(&id))));
    }

    /// A session shows how present its user is.
    fn on_presence(&mut self, asked: Asked, status: PresenceStatus) {
        let Asked { user, session, id } = asked;
        session.set_away(status == PresenceStatus::Away);
        self.announcer.touch(&user);
        session.finish(id.map(|id| answer::done(Some(&id))));
    }
}
