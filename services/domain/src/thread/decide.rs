//! The thread as an aggregate: finds each command's rules.

use crate::thread::{Action, Command, Event, MessageFact, NoEvent, Outcome, Rejection, Thread};
use crate::thread::{
    add_member, archive, change, change_role, create, delete_message, edit_message, evolve, facts, post_message,
    remove_member,
};
use crate::{Aggregate, Decision, DecisionOf, LostEvent, MessageId, ThreadId};

impl Aggregate for Thread {
    type Id = ThreadId;
    type State = Self;
    type Command = Command;
    type Event = Event;
    type Outcome = Outcome;
    type Rejection = Rejection;
    type FactId = MessageId;
    type Fact = MessageFact;

    fn id_of(command: &Command) -> ThreadId {
        command.thread
    }

    fn id_of_event(event: &Event) -> ThreadId {
        event.thread
    }

    fn seq(event: &Event) -> u64 {
        event.seq
    }

    fn outcome(event: &Event) -> Outcome {
        event.outcome()
    }

    fn last_seq(state: &Self) -> u64 {
        state.last_seq
    }

    fn missing(state: &Self, command: &Command) -> Option<MessageId> {
        state.missing_fact(command)
    }

    fn admit(state: &mut Self, id: MessageId, fact: Option<MessageFact>) {
        state.admit_fact(id, fact);
    }

    fn evolve_fact(id: MessageId, fact: &mut Option<MessageFact>, event: &Event) {
        facts::evolve(id, fact, event);
    }

    /// Needs every fact that [`Aggregate::missing`] names: without it, a message's id counts as never used.
    ///
    /// Each command's rules go the same way: is the actor in the thread, are the values that need no lookup right, may
    /// the actor do it, was it applied before, is the thread open.
    fn decide(state: &Self, command: &Command) -> DecisionOf<Self> {
        debug_assert_eq!(state.missing_fact(command), None, "a fact was not looked up");
        let change = match &command.action {
            Action::Create(thread) => create::decide(state, command, thread),
            Action::Change(parts) => change::decide(state, command, parts),
            Action::Archive => archive::decide(state, command),
            Action::AddMember { user, role } => add_member::decide(state, command, user, *role),
            Action::RemoveMember { user } => remove_member::decide(state, command, user),
            Action::ChangeRole { user, role } => change_role::decide(state, command, user, *role),
            Action::Post(post) => post_message::decide(state, command, post),
            Action::Edit(edit) => edit_message::decide(state, command, edit),
            Action::Delete { message } => delete_message::decide(state, command, *message),
        };
        match change {
            Ok(change) => Decision::Event(Event {
                thread: command.thread,
                seq: state.last_seq + 1,
                actor: command.actor.clone(),
                at: command.at,
                change,
            }),
            Err(NoEvent::AlreadyApplied(outcome)) => Decision::NoChange(outcome),
            Err(NoEvent::Rejected(rejection)) => Decision::Rejected(rejection),
        }
    }

    fn evolve(state: &mut Self, event: &Event) {
        evolve::evolve(state, event);
    }

    fn evolve_lost(state: &mut Self, lost: &LostEvent<ThreadId>) {
        evolve::evolve_lost(state, lost);
    }

    fn weight_bytes(state: &Self) -> usize {
        state.weight_bytes()
    }
}
