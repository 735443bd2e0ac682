//! Typing and presence, from sessions to the other edges and from them to sessions.

use std::collections::HashSet;
use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use threadline_domain::{ThreadId, UserId};
use threadline_eventlog::TailBatch;
use threadline_wire::{PresenceStatus, Signal, frame};

use super::Asked;
use super::actor::Actor;
use crate::signals::{self, Change};
use crate::ws::{Outbox, answer};

/// Present users that a new session is told of.
const PRESENT_TOLD_MAX: usize = 256;
/// Local users of a thread up to which presence is shown in it: each change costs a frame for every one of them.
const PRESENCE_MEMBERS_MAX: usize = 256;

impl Actor {
    pub(super) fn on_signals(&mut self, batch: &TailBatch) {
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
                        self.announcer.repeat(&self.index);
                    }
                }
                Err(_) => metrics::counter!("threadline_edge_unread_records_total").increment(1),
            }
        }
    }

    fn on_typing_signal(&mut self, thread: ThreadId, user: &UserId, active: bool, now: Instant) {
        if self.index.thread(thread).is_none() {
            return;
        }
        let tell = if active { self.typing.start(thread, user, now) } else { self.typing.stop(thread, user) };
        if tell {
            self.index.push(thread, Some(user), &Utf8Bytes::from(frame::typing(thread, user, active)));
        }
    }

    pub(super) fn expire_signals(&mut self, now: Instant) {
        for (thread, user) in self.typing.expire(now) {
            self.index.push(thread, Some(&user), &Utf8Bytes::from(frame::typing(thread, &user, false)));
        }
        for change in self.presence.expire(now) {
            self.tell(&change);
        }
        self.announcer.tick(&self.index, now);
    }

    /// Tells every local user who shares one of the threads, once.
    fn tell(&self, change: &Change) {
        let shown = |thread: &&ThreadId| self.index.members(**thread).len() <= PRESENCE_MEMBERS_MAX;
        let members = change.threads.iter().filter(shown).flat_map(|&thread| self.index.members(thread));
        let slots: HashSet<_> = members.collect();
        if slots.is_empty() {
            return;
        }
        let frame = Utf8Bytes::from(frame::presence(&change.user, change.status));
        for user in slots.into_iter().filter_map(|slot| self.index.at(slot)) {
            if user.id != change.user {
                user.sessions.iter().for_each(|session| session.push(frame.clone()));
            }
        }
    }

    /// Tells a new session who is present in its threads.
    pub(super) fn tell_who_is_present(&self, user: &UserId, session: &Outbox) {
        let Some(local) = self.index.user(user) else { return };
        self.tell_present_in(local.threads.iter(), user, session);
    }

    /// Tells a user who came into a thread who is present there: that signal may have been here before the event.
    pub(super) fn tell_newcomer(&self, user: &UserId, thread: ThreadId) {
        let Some(local) = self.index.user(user) else { return };
        local.sessions.iter().for_each(|session| self.tell_present_in([&thread], user, session));
    }

    fn tell_present_in<'a>(&self, threads: impl IntoIterator<Item = &'a ThreadId>, user: &UserId, session: &Outbox) {
        let shown = |thread: &&ThreadId| self.index.members(**thread).len() <= PRESENCE_MEMBERS_MAX;
        let present = threads.into_iter().filter(shown).flat_map(|&thread| self.presence.present_in(thread));
        let mut told = HashSet::new();
        for (other, status) in present {
            if other == user || !told.insert(other) {
                continue;
            }
            session.push(frame::presence(other, status).into());
            if told.len() >= PRESENT_TOLD_MAX {
                break;
            }
        }
    }

    /// A session shows that its user types, or stops.
    pub(super) fn on_typing(&mut self, asked: Asked, thread: ThreadId, active: bool) {
        let Asked { user, session, id } = asked;
        if !self.index.is_member(&user, thread) {
            return session.finish(Some(answer::not_a_member(id)));
        }
        signals::send(&*self.deps.log, &Signal::Typing { thread, user, active });
        session.finish(id.map(|id| answer::done(Some(&id))));
    }

    /// A session shows how present its user is.
    pub(super) fn on_presence(&mut self, asked: Asked, status: PresenceStatus) {
        let Asked { user, session, id } = asked;
        session.set_away(status == PresenceStatus::Away);
        self.announcer.touch(&user);
        session.finish(id.map(|id| answer::done(Some(&id))));
    }
}
