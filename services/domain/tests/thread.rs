//! Whatever is asked of a thread, however often and by whomever it is decided: the same thread comes of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use threadline_domain::thread::{
    Action, Change, ChangeThread, Command, CreateThread, EditMessage, Event, Kind, MessageFact, MessageKind, Outcome,
    PostMessage, Role, Thread,
};
use threadline_domain::{Aggregate, Decision, DecisionOf, MessageId, Metadata, ThreadId, Timestamp, UserId, limits};
use uuid::{Builder, Uuid};

const START_MS: i64 = 1_700_000_000_000;

/// A thread with all that happened to it, and the facts of all its messages as views keep them.
#[derive(Clone, Default)]
struct Told {
    thread: Thread,
    facts: BTreeMap<MessageId, Option<MessageFact>>,
    events: Vec<Event>,
}

impl Told {
    /// Does what the engine does: look up, decide, evolve.
    fn ask(&mut self, command: &Command) -> DecisionOf<Thread> {
        for lookups in 0.. {
            let Some(id) = Thread::missing(&self.thread, command) else { break };
            assert!(lookups < 4, "lookups never end");
            Thread::admit(&mut self.thread, id, self.facts.get(&id).cloned().flatten());
        }
        let decision = Thread::decide(&self.thread, command);
        if let Decision::Event(event) = &decision {
            Thread::evolve(&mut self.thread, event);
            self.note(event.clone());
        }
        decision
    }

    fn ask_all(&mut self, commands: &[Command]) -> Vec<DecisionOf<Thread>> {
        commands.iter().map(|command| self.ask(command)).collect()
    }

    fn note(&mut self, event: Event) {
        if let Change::MessagePosted(posted) = &event.change {
            self.facts.insert(posted.message, None);
        }
        if let Some(message) = event.outcome().message {
            Thread::evolve_fact(message, self.facts.get_mut(&message).expect("posted before"), &event);
        }
        self.events.push(event);
    }

    /// The same after the state was lost and read back from views, which know no message by heart.
    fn reloaded(&self) -> Self {
        let mut told = self.clone();
        told.thread.known.clear();
        told.thread.known_floor = self.facts.keys().next_back().copied();
        told
    }

    /// Its state but for what it keeps by heart.
    fn state(&self) -> Thread {
        Thread { known: BTreeMap::new(), known_floor: None, ..self.thread.clone() }
    }
}

fn user(index: usize) -> UserId {
    UserId::new(["ann", "bob", "cid", "dan", "eve"][index]).unwrap()
}

fn message(n: u16) -> MessageId {
    let random = [0; 10];
    MessageId(Builder::from_unix_timestamp_millis(START_MS as u64 + u64::from(n), &random).into_uuid())
}

fn a_user() -> impl Strategy<Value = UserId> {
    (0..5_usize).prop_map(user)
}

fn a_metadata() -> impl Strategy<Value = Metadata> {
    prop_oneof![3 => Just("{}"), 1 => Just(r#"{"a":1}"#), 1 => Just("[[[[[[[[[]]]]]]]]]")]
        .prop_map(Metadata::from_canonical_json)
}

fn a_text() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just("one"), 4 => Just("two"), 1 => Just(""), 1 => Just("a\0b")]
}

fn a_role() -> impl Strategy<Value = Role> {
    proptest::sample::select(Role::ALL)
}

fn a_creation() -> impl Strategy<Value = Action> {
    (proptest::sample::select(Kind::ALL), proptest::option::of(Just("project_305")), vec(a_user(), 0..4), a_metadata())
        .prop_map(|(kind, key, participants, metadata)| {
            let key = key.filter(|_| kind != Kind::Dm).map(Into::into);
            Action::Create(CreateThread { kind, key, title: None, metadata, participants })
        })
}

/// Any action; messages are among `0..messages`.
fn an_action(messages: u16) -> impl Strategy<Value = Action> {
    let a_message = move || (0..messages).prop_map(message);
    let a_post = (a_message(), a_text(), a_metadata(), proptest::option::weighted(0.2, a_message())).prop_map(
        |(message, content, metadata, reply_to)| {
            let kind = MessageKind::Text;
            Action::Post(PostMessage { message, kind, content: content.into(), metadata, reply_to })
        },
    );
    let an_edit =
        (a_message(), a_text(), proptest::option::of(a_metadata())).prop_map(|(message, content, metadata)| {
            Action::Edit(EditMessage { message, content: content.into(), metadata })
        });
    let a_change = (proptest::option::of(proptest::option::of(a_text())), proptest::option::of(a_metadata())).prop_map(
        |(title, metadata)| Action::Change(ChangeThread { title: title.map(|title| title.map(Into::into)), metadata }),
    );
    prop_oneof![
        40 => a_post,
        10 => an_edit,
        8 => a_message().prop_map(|message| Action::Delete { message }),
        2 => a_creation(),
        3 => a_change,
        4 => (a_user(), a_role()).prop_map(|(user, role)| Action::AddMember { user, role }),
        3 => a_user().prop_map(|user| Action::RemoveMember { user }),
        3 => (a_user(), a_role()).prop_map(|(user, role)| Action::ChangeRole { user, role }),
        1 => proptest::bool::weighted(0.1).prop_map(|archive| {
            if archive { Action::Archive } else { Action::Delete { message: message(0) } }
        }),
    ]
}

/// Up to `count_max` commands for one thread, a creation first; a second lies between each two.
fn commands(count_max: usize, messages: u16) -> impl Strategy<Value = Vec<Command>> {
    let actor = || prop_oneof![3 => Just(user(0)), 4 => a_user()];
    let first = (actor(), a_creation());
    let others = vec((actor(), an_action(messages)), 0..count_max);
    (first, others).prop_map(|(first, others)| {
        let thread = match &first.1 {
            Action::Create(CreateThread { kind: Kind::Dm, participants, .. }) => {
                let other = participants.iter().find(|user| **user != first.0).cloned();
                ThreadId::of_dm(&first.0, &other.unwrap_or_else(|| user(1)))
            }
            Action::Create(CreateThread { key: Some(key), .. }) => ThreadId::of_key(key),
            _ => ThreadId(message(0).0),
        };
        let all = std::iter::once(first).chain(others).zip(1..);
        all.map(|((actor, action), n)| Command {
            thread,
            actor: actor.into(),
            at: Timestamp(START_MS + n * 1_000),
            action,
        })
        .collect()
    })
}

fn outcome(answer: &DecisionOf<Thread>) -> Option<Outcome> {
    match answer {
        Decision::Event(event) => Some(event.outcome()),
        Decision::NoChange(outcome) => Some(*outcome),
        Decision::Rejected(_) => None,
    }
}

/// As many messages as a state knows by heart, and that again.
const MANY_MESSAGES: u16 = limits::KNOWN_MESSAGES_MAX as u16 * 2;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn seqs_and_numbers_are_dense_and_owners_stay(commands in commands(120, 30)) {
        let mut told = Told::default();
        told.ask_all(&commands);
        let mut number = 0;
        for (event, seq) in told.events.iter().zip(1..) {
            prop_assert_eq!(event.seq, seq);
            if let Change::MessagePosted(posted) = &event.change {
                number += 1;
                prop_assert_eq!(posted.number, number);
            }
        }
        let thread = &told.thread;
        prop_assert_eq!((thread.last_seq, thread.last_number), (told.events.len() as u64, number));
        if matches!(thread.kind, Some(Kind::Group | Kind::Channel)) && !thread.members.is_empty() {
            prop_assert!(thread.members.values().any(|role| *role == Role::Owner));
        }
    }

    #[test]
    fn events_alone_make_the_state(commands in commands(120, 30)) {
        let mut told = Told::default();
        told.ask_all(&commands);
        let mut replayed = Told::default();
        for event in &told.events {
            Thread::evolve(&mut replayed.thread, event);
            // Once more, and an old one: nothing.
            Thread::evolve(&mut replayed.thread, event);
            Thread::evolve(&mut replayed.thread, &told.events[0]);
            replayed.note(event.clone());
        }
        prop_assert_eq!(replayed.state(), told.state());
        prop_assert_eq!(replayed.facts, told.facts);
    }

    #[test]
    fn a_fact_brought_up_to_date_from_anywhere_is_the_same(commands in commands(120, 8), seen in 0.0..1.0_f64) {
        let mut told = Told::default();
        told.ask_all(&commands);
        let seen = (told.events.len() as f64 * seen) as usize;
        let mut earlier = Told::default();
        told.events[..seen].iter().cloned().for_each(|event| earlier.note(event));
        for (id, fact) in &told.facts {
            let stored = earlier.facts.get(id).cloned().flatten();
            let mut followed = stored.clone();
            told.events[..seen / 2].iter().for_each(|event| Thread::evolve_fact(*id, &mut followed, event));
            prop_assert_eq!(&followed, &stored, "it has seen these");
            told.events.iter().for_each(|event| Thread::evolve_fact(*id, &mut followed, event));
            prop_assert_eq!(&followed, fact);
        }
    }

    #[test]
    fn a_thread_read_back_at_any_point_goes_on_the_same(commands in commands(120, 30), at in 0.0..1.0_f64) {
        let mut told = Told::default();
        let (before, after) = commands.split_at((commands.len() as f64 * at) as usize);
        told.ask_all(before);
        let mut reloaded = told.reloaded();
        prop_assert_eq!(reloaded.ask_all(after), told.ask_all(after));
        prop_assert_eq!(reloaded.state(), told.state());
    }

    #[test]
    fn a_message_id_gives_one_message_and_its_body_one_outcome(
        commands in commands(80, 20),
        repeats in vec((0.0..1.0_f64, 0.0..1.0_f64), 0..80),
    ) {
        let mut commands = commands;
        for (which, distance) in repeats {
            let which = (commands.len() as f64 * which) as usize;
            let again = which + ((commands.len() - which) as f64 * distance) as usize + 1;
            commands.insert(again, Command { at: Timestamp(START_MS + 1_000_000), ..commands[which].clone() });
        }
        let mut told = Told::default();
        let answers = told.ask_all(&commands);
        let mut first = BTreeMap::new();
        for (command, answer) in commands.iter().zip(&answers) {
            let Action::Post(post) = &command.action else { continue };
            let Some(outcome) = outcome(answer) else { continue };
            let body = (&command.actor, post);
            prop_assert_eq!(first.entry(post.message).or_insert((body, outcome)), &(body, outcome));
        }
        prop_assert_eq!(told.thread.last_number, first.len() as u64);
        let mut deleted = BTreeSet::new();
        for event in &told.events {
            if let Change::MessageDeleted { message, .. } = event.change {
                prop_assert!(deleted.insert(message), "deleted twice");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn more_messages_than_are_known_by_heart_change_nothing(
        ids in Just((0..MANY_MESSAGES).collect::<Vec<_>>()).prop_shuffle(),
        others in vec((a_user(), an_action(MANY_MESSAGES)), 200),
        reload_every in 1..400_usize,
    ) {
        let thread = ThreadId(Uuid::from_u128(1));
        let participants = (0..5).map(user).collect();
        let creation =
            CreateThread { kind: Kind::Group, key: None, title: None, metadata: Metadata::default(), participants };
        let command = |actor: UserId, action| Command { thread, actor: actor.into(), at: Timestamp(START_MS), action };
        let posts: Vec<_> = ids
            .iter()
            .map(|id| {
                let (metadata, content) = (Metadata::default(), id.to_string().into());
                let post = PostMessage { message: message(*id), kind: MessageKind::Text, content, metadata, reply_to: None };
                command(user(usize::from(id % 2)), Action::Post(post))
            })
            .collect();
        let mut commands = vec![command(user(0), Action::Create(creation))];
        commands.extend(posts.iter().cloned());
        let again = commands.len();
        // No one leaves here, so every repeated post is still asked for by a member.
        let talk = |action: &Action| matches!(action, Action::Post(_) | Action::Edit(_) | Action::Delete { .. });
        commands.extend(others.into_iter().filter(|(_, action)| talk(action)).map(|(actor, action)| command(actor, action)));
        let last = commands.len();
        commands.extend(posts.iter().cloned());

        let mut told = Told::default();
        let answers = told.ask_all(&commands);
        for (once, twice) in answers[1..again].iter().zip(&answers[last..]) {
            prop_assert_eq!(twice, &Decision::NoChange(outcome(once).unwrap()));
        }
        prop_assert!(told.thread.known.len() <= limits::KNOWN_MESSAGES_MAX + limits::LOOKED_UP_MESSAGES_MAX);

        let mut forgetful = Told::default();
        for (n, (command, answer)) in commands.iter().zip(&answers).enumerate() {
            if n % reload_every == 0 {
                forgetful = forgetful.reloaded();
            }
            prop_assert_eq!(&forgetful.ask(command), answer);
        }
    }
}
