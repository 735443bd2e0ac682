//! Creating a thread.

use std::collections::BTreeSet;

use crate::thread::{
    Change, Command, CreateThread, Kind, Member, NoEvent, Outcome, Rejection, Role, Thread, ThreadCreated,
};
use crate::{Actor, Invalid, ThreadId, UserId, limits, text};

/// A thread exists once for its id, and so do a dm of two people and a thread with a key, whose ids are derived.
/// Creating it again gives a person in the thread the first outcome.
pub(super) fn decide(thread: &Thread, command: &Command, create: &CreateThread) -> Result<Change, NoEvent> {
    let users = users(&command.actor, &create.participants);
    check_id(command, create, &users)?;
    if thread.kind.is_some() {
        return Err(if thread.authority_of(&command.actor).is_ok() {
            NoEvent::AlreadyApplied(Outcome { seq: 1, message: None, number: None, at: thread.created_at })
        } else if create.key.is_some() {
            Rejection::KeyTaken.into()
        } else {
            Rejection::UnknownThread.into()
        });
    }
    check_values(create, &users)?;
    command.action.check_texts()?;
    let role_of = |user: &UserId| match create.kind {
        Kind::Group | Kind::Channel if command.actor.is(user) => Role::Owner,
        Kind::Group | Kind::Channel | Kind::Dm => Role::Member,
    };
    let members = users.into_iter().map(|user| Member { user: user.clone(), role: role_of(user) }).collect();

    Ok(Change::ThreadCreated(ThreadCreated {
        kind: create.kind,
        key: create.key.clone(),
        title: create.title.clone(),
        metadata: create.metadata.clone(),
        members,
    }))
}

/// Returns everyone who will be in it, once each: the creator, unless it is a service, then the others in the order
/// named.
fn users<'a>(creator: &'a Actor, participants: &'a [UserId]) -> Vec<&'a UserId> {
    let mut seen = BTreeSet::new();
    creator.user().into_iter().chain(participants).filter(|user| seen.insert(*user)).collect()
}

/// Checks the id, so that nobody can take someone else's dm or key: a derived id must belong to this dm or key.
fn check_id(command: &Command, create: &CreateThread, users: &[&UserId]) -> Result<(), Rejection> {
    let fits = match (create.kind, &create.key) {
        (Kind::Dm, Some(_)) => return invalid("key", Invalid::NotInDm),
        (Kind::Dm, None) => match users {
            // A dm with oneself is for one's own notes; nobody else opens it.
            [one] if command.actor.is(one) => command.thread == ThreadId::of_dm(one, one),
            [] | [_] => return invalid("participants", Invalid::TooFew { count_min: 2 }),
            [one, other] => command.thread == ThreadId::of_dm(one, other),
            [_, _, ..] => return invalid("participants", Invalid::TooMany { count_max: 2 }),
        },
        (Kind::Group | Kind::Channel, Some(key)) => command.thread == ThreadId::of_key(key),
        (Kind::Group | Kind::Channel, None) => !command.thread.is_derived(),
    };
    if fits { Ok(()) } else { invalid("id", Invalid::NotDerived) }
}

fn check_values(create: &CreateThread, users: &[&UserId]) -> Result<(), Rejection> {
    if users.len() > limits::PARTICIPANTS_MAX {
        return invalid("participants", Invalid::TooMany { count_max: limits::PARTICIPANTS_MAX });
    }
    if let Some(key) = &create.key {
        text::check_line(key, limits::THREAD_KEY_CHARS_MAX).or_else(|reason| invalid("key", reason))?;
    }
    // A dm is called after the other one.
    if create.kind == Kind::Dm && create.title.is_some() { invalid("title", Invalid::NotInDm) } else { Ok(()) }
}

fn invalid(field: &'static str, reason: Invalid) -> Result<(), Rejection> {
    Err(Rejection::Invalid { field, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use crate::thread::Action;
    use crate::thread::fixtures::{Story, create, invalid, message_id, metadata, user};

    fn fresh() -> Story {
        Story::untold(ThreadId(message_id(0).0))
    }

    fn keyed(key: &str) -> (Story, CreateThread) {
        let thread = CreateThread { key: Some(key.into()), ..create(Kind::Group, &["bob"]) };
        (Story::untold(ThreadId::of_key(key)), thread)
    }

    fn settled<T>(story: &Story) -> Result<T, NoEvent> {
        Err(NoEvent::AlreadyApplied(Outcome { seq: 1, message: None, number: None, at: story.thread.created_at }))
    }

    #[test]
    fn accepted_group_has_its_creator_as_owner_and_everyone_once() {
        let mut story = fresh();
        let thread = CreateThread {
            title: Some("Tea".into()),
            metadata: metadata(r#"{"a":1}"#),
            ..create(Kind::Group, &["cid", "ann", "bob", "cid"])
        };
        let Change::ThreadCreated(created) = story.change("ann", Action::Create(thread)).unwrap() else { panic!() };
        let members: Vec<_> = created.members.iter().map(|member| (member.user.as_str(), member.role)).collect();
        assert_eq!(members, [("ann", Role::Owner), ("cid", Role::Member), ("bob", Role::Member)]);
        assert_eq!((&created.title, &created.metadata), (&Some("Tea".into()), &metadata(r#"{"a":1}"#)));
        assert_eq!(story.thread.created_at, story.now);
        assert_eq!(story.thread.members.len(), 3);
    }

    #[test]
    fn accepted_group_and_channel_of_one() {
        for kind in [Kind::Group, Kind::Channel] {
            assert!(fresh().ask("ann", Action::Create(create(kind, &[]))).is_ok());
        }
    }

    #[test]
    fn accepted_dm_has_two_members_alike() {
        let story = Story::dm();
        assert_eq!(story.thread.members, [(user("ann"), Role::Member), (user("bob"), Role::Member)].into());
    }

    #[test]
    fn accepted_dm_with_oneself_has_one_member() {
        let mut story = Story::untold(ThreadId::of_dm(&user("ann"), &user("ann")));
        assert_eq!(
            story.ask("service:shop", Action::Create(create(Kind::Dm, &["ann"]))),
            invalid("participants", Invalid::TooFew { count_min: 2 })
        );
        story.ask("ann", Action::Create(create(Kind::Dm, &["ann"]))).unwrap();
        assert_eq!(story.thread.members, [(user("ann"), Role::Member)].into());
    }

    #[test]
    fn rejected_dm_of_three_or_in_anothers_place_or_with_key_or_title() {
        let mut story = Story::untold(ThreadId::of_dm(&user("ann"), &user("bob")));
        let dm = |participants: &[&str]| create(Kind::Dm, participants);
        for (thread, expected) in [
            (dm(&["ann"]), invalid("id", Invalid::NotDerived)),
            (dm(&["bob", "cid"]), invalid("participants", Invalid::TooMany { count_max: 2 })),
            (dm(&["cid"]), invalid("id", Invalid::NotDerived)),
            (CreateThread { key: Some("k".into()), ..dm(&["bob"]) }, invalid("key", Invalid::NotInDm)),
            (CreateThread { title: Some("t".into()), ..dm(&["bob"]) }, invalid("title", Invalid::NotInDm)),
        ] {
            assert_eq!(story.ask("ann", Action::Create(thread)), expected);
        }
    }

    #[test]
    fn rejected_group_in_the_place_of_a_dm_or_of_a_key() {
        for id in [ThreadId::of_dm(&user("ann"), &user("bob")), ThreadId::of_key("project_305")] {
            let asked = Story::untold(id).ask("eve", Action::Create(create(Kind::Group, &[])));
            assert_eq!(asked, invalid("id", Invalid::NotDerived));
        }
        let (_, thread) = keyed("project_305");
        assert_eq!(fresh().ask("eve", Action::Create(thread)), invalid("id", Invalid::NotDerived));
    }

    #[test]
    fn rejected_values_name_the_field() {
        let group = || create(Kind::Group, &[]);
        let crowd: Vec<_> = (0..limits::PARTICIPANTS_MAX).map(|n| user(&n.to_string())).collect();
        for (thread, expected) in [
            (
                CreateThread { participants: crowd, ..group() },
                invalid("participants", Invalid::TooMany { count_max: limits::PARTICIPANTS_MAX }),
            ),
            (CreateThread { title: Some("".into()), ..group() }, invalid("title", Invalid::Empty)),
            (CreateThread { title: Some("a\nb".into()), ..group() }, invalid("title", Invalid::LineCharacter)),
            (
                CreateThread { title: Some("x".repeat(limits::TITLE_CHARS_MAX + 1).into()), ..group() },
                invalid("title", Invalid::TooLong { chars_max: limits::TITLE_CHARS_MAX }),
            ),
            (
                CreateThread { metadata: metadata(&"[".repeat(limits::METADATA_DEPTH_MAX + 1)), ..group() },
                invalid("metadata", Invalid::TooDeep { depth_max: limits::METADATA_DEPTH_MAX }),
            ),
        ] {
            assert_eq!(fresh().ask("ann", Action::Create(thread)), expected);
        }
        for (key, reason) in [
            (String::new(), Invalid::Empty),
            ("a\u{7f}".into(), Invalid::LineCharacter),
            (
                "k".repeat(limits::THREAD_KEY_CHARS_MAX + 1),
                Invalid::TooLong { chars_max: limits::THREAD_KEY_CHARS_MAX },
            ),
        ] {
            let (mut story, thread) = keyed(&key);
            assert_eq!(story.ask("ann", Action::Create(thread)), invalid("key", reason));
        }
    }

    #[test]
    fn duplicate_dm_is_settled_whoever_asks() {
        let mut story = Story::dm();
        let made_at = story.now;
        for (actor, other) in [("ann", "bob"), ("bob", "ann")] {
            let asked = story.ask(actor, Action::Create(create(Kind::Dm, &[other])));
            assert_eq!(asked, settled(&story));
            assert_eq!(story.thread.created_at, made_at);
        }
    }

    #[test]
    fn duplicate_key_is_settled_for_members_even_if_all_else_changed() {
        let (mut story, thread) = keyed("project_305");
        story.ask("ann", Action::Create(thread.clone())).unwrap();
        story.ask("ann", Action::Archive).unwrap();
        let again = CreateThread { title: Some("Other".into()), kind: Kind::Channel, ..thread };
        assert_eq!(story.ask("bob", Action::Create(again)), settled(&story));
        assert_ne!(story.thread.created_at, Timestamp::default());
    }

    #[test]
    fn conflict_over_a_key_with_strangers() {
        let (mut story, thread) = keyed("project_305");
        story.ask("ann", Action::Create(thread.clone())).unwrap();
        assert_eq!(story.ask("eve", Action::Create(thread)), Err(Rejection::KeyTaken.into()));
    }

    #[test]
    fn conflict_over_an_id_tells_strangers_nothing() {
        let mut story = fresh();
        story.ask("ann", Action::Create(create(Kind::Group, &[]))).unwrap();
        assert_eq!(story.ask("ann", Action::Create(create(Kind::Group, &[]))), settled(&story));
        let stranger = story.ask("eve", Action::Create(create(Kind::Group, &[])));
        assert_eq!(stranger, Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn accepted_from_a_service_which_stays_outside() {
        let (mut story, thread) = keyed("project_305");
        let Change::ThreadCreated(created) = story.change("service:crm", Action::Create(thread.clone())).unwrap()
        else {
            panic!()
        };
        assert_eq!(created.members, [Member { user: user("bob"), role: Role::Member }]);
        assert_eq!(story.ask("service:crm", Action::Create(thread)), settled(&story));
    }

    #[test]
    fn accepted_dm_of_two_others_from_a_service_only() {
        let ids = || Story::untold(ThreadId::of_dm(&user("ann"), &user("bob")));
        assert!(ids().ask("service:crm", Action::Create(create(Kind::Dm, &["bob", "ann"]))).is_ok());
        let eve = ids().ask("eve", Action::Create(create(Kind::Dm, &["bob", "ann"])));
        assert_eq!(eve, invalid("participants", Invalid::TooMany { count_max: 2 }));
    }
}
