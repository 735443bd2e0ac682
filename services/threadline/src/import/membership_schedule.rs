//! Creates one thread, and schedules who joins and leaves it between which messages.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use threadline_domain::thread::{Action, Command, CreateThread, Kind, Role};
use threadline_domain::{Actor, ThreadId, Timestamp, UserId, limits};

use super::people::MembershipSpan;
use super::plan::PlannedThread;
use super::present::{PresentThread, importer};

/// Where a thread stands while its messages go by. What it returns goes into the log in that planned.
#[derive(Debug)]
pub(super) struct MembershipSchedule {
    thread: ThreadId,
    kind: Kind,
    /// Who is in it after all that was returned so far.
    members: BTreeMap<UserId, Role>,
    agenda: VecDeque<Due>,
    /// Who has left since the beginning of the import, and the time of the newest message since.
    left: BTreeSet<UserId>,
    newest_sent: Timestamp,
    /// Who was brought in again only to write, and when that was last.
    visitors: BTreeMap<UserId, Timestamp>,
    /// Messages still to come.
    remaining: u64,
}

/// Somebody's coming or leaving that is due before the next message.
#[derive(Debug)]
struct Due {
    at: Timestamp,
    user: UserId,
    what: Move,
}

#[derive(Debug)]
enum Move {
    Join(Role),
    Leave,
}

impl MembershipSchedule {
    /// Begins with a thread: creates it with those who are in it from the beginning, or brings what exists up to date.
    pub(super) fn begin(
        planned: &PlannedThread,
        present: Option<&PresentThread>,
        now: Timestamp,
    ) -> (Self, Vec<Command>) {
        let creator = planned.declared.as_ref().and_then(|declared| declared.created_by.as_ref());
        let spans = planned.people.spans(planned.kind(), creator, planned.declared.is_none());
        let mut schedule = Self {
            thread: planned.id,
            kind: planned.kind(),
            members: BTreeMap::new(),
            agenda: VecDeque::new(),
            left: BTreeSet::new(),
            newest_sent: Timestamp::default(),
            visitors: BTreeMap::new(),
            remaining: planned.messages,
        };
        let commands = match present {
            Some(present) => schedule.join_in(&spans, present, now),
            None => schedule.create(planned, spans, creator, now),
        };
        // Of what happens at one moment, people come in first; the order is stable otherwise.
        schedule.agenda.make_contiguous().sort_by_key(|due| (due.at, matches!(due.what, Move::Leave)));
        (schedule, commands)
    }

    fn create(
        &mut self,
        planned: &PlannedThread,
        spans: Vec<MembershipSpan>,
        creator: Option<&UserId>,
        now: Timestamp,
    ) -> Vec<Command> {
        let declared = planned.declared.as_ref();
        let first_join = spans.iter().filter_map(|span| span.joins).min();
        let begins = declared.and_then(|declared| declared.created_at);
        let begins = begins.or_else(|| planned.first_sent.into_iter().chain(first_join).min()).unwrap_or(now);
        let is_there = |span: &MembershipSpan| span.joins.is_none_or(|joins| joins <= begins);
        // Whoever creates a group owns it; where nobody who owns it is there yet, the importer does it.
        let owner = |span: &&MembershipSpan| is_there(span) && (span.role == Role::Owner || self.kind == Kind::Dm);
        let owners = || spans.iter().filter(owner);
        let owner = owners().find(|span| Some(&span.user) == creator).or_else(|| owners().next());
        let actor = owner.map_or_else(importer, |owner| owner.user.clone().into());

        let mut late = Vec::new();
        let mut participants = Vec::new();
        for span in &spans {
            if actor.is(&span.user) {
                let role = if self.kind == Kind::Dm { Role::Member } else { Role::Owner };
                self.members.insert(span.user.clone(), role);
            } else if is_there(span) && participants.len() < limits::PARTICIPANTS_MAX - 1 {
                participants.push(span.user.clone());
                self.members.insert(span.user.clone(), Role::Member);
            } else {
                late.push((span.joins.unwrap_or(begins).max(begins), span));
            }
        }
        let create = CreateThread {
            kind: self.kind,
            key: planned.key.clone(),
            title: match declared {
                Some(declared) => declared.title.clone().map(Into::into),
                None => planned.key.clone().map(Into::into),
            },
            metadata: declared.map(|declared| declared.metadata.clone()).unwrap_or_default(),
            participants,
        };
        let mut commands = vec![self.command(actor, begins, Action::Create(create))];
        let given: Vec<_> = spans.iter().filter(|span| self.members.contains_key(&span.user)).cloned().collect();
        for span in given {
            commands.extend(self.give_role(&span, begins));
        }
        for (at, span) in late {
            self.agenda.push_back(Due { at, user: span.user.clone(), what: Move::Join(span.role) });
        }
        for MembershipSpan { user, leaves, .. } in spans {
            self.agenda.extend(leaves.map(|at| Due { at, user, what: Move::Leave }));
        }
        commands
    }

    /// Continues a thread that exists. What people have done here since the last import spans as it is.
    fn join_in(&mut self, spans: &[MembershipSpan], present: &PresentThread, now: Timestamp) -> Vec<Command> {
        self.members = present.now.members.iter().map(|(user, member)| (user.clone(), member.role)).collect();
        let has_owner = self.members.values().any(|role| *role == Role::Owner);
        let mut commands = Vec::new();
        for span in spans {
            let past = present.past(&span.user);
            let is_member = self.members.contains_key(&span.user);
            let came_back = past
                .and_then(|past| past.removed_at)
                .is_some_and(|removed_at| span.recorded_join.is_some_and(|joined_at| joined_at > removed_at));
            let joins = past.is_none() || (!is_member && came_back);
            if joins {
                let at = span.joins.or(present.now.newest_sent_at).unwrap_or(now);
                // Who would own a new thread does not own one that has owners.
                let role = if span.is_role_named || !has_owner { span.role } else { Role::Member };
                self.agenda.push_back(Due { at, user: span.user.clone(), what: Move::Join(role) });
            } else if is_member && span.is_role_named && past.is_some_and(|past| !past.is_changed_here) {
                commands.extend(self.give_role(span, now));
            }
            let is_ours = past.is_none_or(|past| !past.is_changed_here);
            if (joins || is_member && is_ours)
                && let Some(at) = span.leaves
            {
                self.agenda.push_back(Due { at, user: span.user.clone(), what: Move::Leave });
            }
        }
        commands
    }

    /// Returns what happens before a message that is sent at this time.
    pub(super) fn before_message(&mut self, sent_at: Timestamp) -> Vec<Command> {
        self.newest_sent = self.newest_sent.max(sent_at);
        let mut commands = Vec::new();
        let is_due = |due: &Due| match due.what {
            Move::Join(_) => due.at <= sent_at,
            Move::Leave => due.at < sent_at,
        };
        while let Some(due) = self.agenda.pop_front_if(|due| is_due(due)) {
            commands.extend(self.move_person(due));
        }
        commands
    }

    /// Returns what brings a sender in who is not in the thread (any more), for a message that is new here.
    pub(super) fn bring_in(&mut self, sender: &Actor, at: Timestamp) -> Option<Command> {
        let user = sender.user().filter(|user| self.kind != Kind::Dm && !self.members.contains_key(*user))?;
        self.visitors.insert(user.clone(), at);
        self.move_person(Due { at, user: user.clone(), what: Move::Join(Role::Member) })
    }

    /// Whether a message is a copy from a file that overlaps an earlier one, by somebody who has left since.
    pub(super) fn is_copy(&self, sender: &Actor, sent_at: Timestamp) -> bool {
        sent_at < self.newest_sent && sender.user().is_some_and(|user| self.left.contains(user))
    }

    /// Counts a message that went by; returns what happens after the last one.
    pub(super) fn after_message(&mut self) -> Vec<Command> {
        self.remaining = self.remaining.saturating_sub(1);
        if self.remaining == 0 { self.end() } else { Vec::new() }
    }

    /// Whether messages are still to come.
    pub(super) const fn is_underway(&self) -> bool {
        self.remaining > 0
    }

    /// Returns everything that happens after the last message.
    pub(super) fn end(&mut self) -> Vec<Command> {
        let mut commands = Vec::new();
        while let Some(due) = self.agenda.pop_front() {
            commands.extend(self.move_person(due));
        }
        for (user, at) in std::mem::take(&mut self.visitors) {
            commands.extend(self.move_person(Due { at, user, what: Move::Leave }));
        }
        commands
    }

    /// Whether this person is in the thread now.
    pub(super) fn has(&self, user: &UserId) -> bool {
        self.members.contains_key(user)
    }

    /// Returns who deletes a message for somebody: the old system may have let others do it than are allowed to here.
    pub(super) fn deleter(&self, sender: &Actor, by: Option<Actor>) -> Actor {
        let by = by.unwrap_or_else(|| sender.clone());
        let may = match &by {
            Actor::Service(_) => true,
            Actor::User(user) => self.members.get(user).is_some_and(|role| by == *sender || *role != Role::Member),
        };
        if may { by } else { importer() }
    }

    /// Makes a command of this thread.
    pub(super) fn command(&self, actor: Actor, at: Timestamp, action: Action) -> Command {
        Command { thread: self.thread, actor, at, action }
    }

    fn move_person(&mut self, Due { at, user, what }: Due) -> Option<Command> {
        match what {
            Move::Join(_) if self.members.contains_key(&user) => None,
            Move::Join(role) => {
                self.members.insert(user.clone(), role);
                Some(self.command(importer(), at, Action::AddMember { user, role }))
            }
            Move::Leave => {
                // The last owner cannot leave, but be removed.
                let actor = if self.is_last_owner(&user) { importer() } else { user.clone().into() };
                self.members.remove(&user)?;
                self.left.insert(user.clone());
                Some(self.command(actor, at, Action::RemoveMember { user }))
            }
        }
    }

    fn give_role(&mut self, span: &MembershipSpan, at: Timestamp) -> Option<Command> {
        let (user, role) = (span.user.clone(), span.role);
        let current = *self.members.get(&user)?;
        if self.kind == Kind::Dm || current == role || self.is_last_owner(&user) {
            return None;
        }
        self.members.insert(user.clone(), role);
        Some(self.command(importer(), at, Action::ChangeRole { user, role }))
    }

    fn is_last_owner(&self, user: &UserId) -> bool {
        let is_owner = |role: &Role| *role == Role::Owner;
        self.members.get(user).is_some_and(is_owner) && self.members.values().filter(|role| is_owner(role)).count() == 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::FileLine;
    use super::super::records::{MemberRecord, OldId, ThreadName, ThreadRecord};
    use super::super::samples::{member, user};
    use super::*;

    /// A group made at 0 by ann, of these members, before three messages.
    fn group(members: &[MemberRecord]) -> PlannedThread {
        let id = OldId("7".into());
        let mut planned = PlannedThread::new(ThreadName::Id(id.clone()), None, FileLine { file: 0, line: 1 });
        for record in members {
            planned.people.add_member(record);
        }
        let metadata = threadline_domain::Metadata::default();
        let (created_at, created_by) = (Some(Timestamp(0)), Some(user("ann")));
        let kind = Kind::Group;
        planned.declared = Some(ThreadRecord { id, kind, key: None, title: None, metadata, created_at, created_by });
        planned.messages = 3;
        planned
    }

    fn shown(commands: &[Command]) -> Vec<String> {
        let show = |command: &Command| {
            let what = match &command.action {
                Action::Create(create) => format!("creates with {:?}", create.participants.len()),
                Action::AddMember { user, role } => format!("adds {user} as {role}"),
                Action::RemoveMember { user } => format!("removes {user}"),
                Action::ChangeRole { user, role } => format!("makes {user} {role}"),
                other => format!("{other:?}"),
            };
            format!("{} {} {what}", command.at.millis(), command.actor)
        };
        commands.iter().map(show).collect()
    }

    #[test]
    fn people_come_and_go_between_the_messages() {
        let planned = group(&[
            member("ann", None, None, Some(30)),
            member("bob", Some(Role::Admin), Some(0), None),
            member("cid", None, Some(10), Some(20)),
            member("dan", Some(Role::Admin), Some(20), None),
        ]);
        let (mut schedule, commands) = MembershipSchedule::begin(&planned, None, Timestamp(99));
        assert_eq!(shown(&commands), ["0 ann creates with 1", "0 service:import makes bob admin"]);
        assert_eq!(shown(&schedule.before_message(Timestamp(10))), ["10 service:import adds cid as member"]);
        assert!(schedule.after_message().is_empty());
        // Whoever joins with a message is there when it is sent; so is who leaves then.
        assert_eq!(shown(&schedule.before_message(Timestamp(20))), ["20 service:import adds dan as admin"]);
        assert!(schedule.after_message().is_empty() && schedule.is_underway());
        assert_eq!(shown(&schedule.before_message(Timestamp(25))), ["20 cid removes cid"]);
        // Her group's only owner could not leave by herself.
        assert_eq!(shown(&schedule.after_message()), ["30 service:import removes ann"]);
        assert!(!schedule.is_underway());
    }

    #[test]
    fn a_group_without_anybody_to_own_it_yet_is_made_by_the_importer() {
        let planned = group(&[member("bob", None, Some(50), None)]);
        let (mut schedule, commands) = MembershipSchedule::begin(&planned, None, Timestamp(99));
        assert_eq!(shown(&commands), ["0 service:import creates with 0"]);
        assert_eq!(shown(&schedule.end()), ["50 service:import adds bob as owner"]);
    }

    #[test]
    fn who_may_not_delete_here_lets_the_importer_do_it() {
        let (schedule, _) = MembershipSchedule::begin(
            &group(&[member("ann", None, None, None), member("bob", None, None, None)]),
            None,
            Timestamp(99),
        );
        let actor = |id: &str| Actor::from(user(id));
        for (by, expected) in
            [(None, "bob"), (Some("bob"), "bob"), (Some("ann"), "ann"), (Some("eve"), "service:import")]
        {
            assert_eq!(schedule.deleter(&actor("bob"), by.map(actor)).as_str(), expected);
        }
        assert_eq!(schedule.deleter(&actor("ann"), Some(actor("bob"))), importer());
    }
}
