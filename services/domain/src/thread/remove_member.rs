//! Leaving, and removing a member.

use crate::UserId;
use crate::thread::{Change, Command, NoEvent, Rejection, Role, Thread};

/// Everyone may leave, even an archived thread; owners remove anyone, admins plain members. The last owner can only
/// leave last, and not from a thread with a key: nobody could get in any more, and a key exists once.
pub(super) fn decide(thread: &Thread, command: &Command, user: &UserId) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    thread.check_not_dm()?;
    if command.actor.is(user) {
        if thread.is_last_owner(user) && (thread.members.len() > 1 || thread.key.is_some()) {
            return Err(Rejection::LastOwner.into());
        }
    } else {
        if !actor.manages() {
            return Err(Rejection::Forbidden.into());
        }
        let role = thread.members.get(user).ok_or(Rejection::UnknownMember)?;
        if !actor.owns() && *role != Role::Member {
            return Err(Rejection::Forbidden.into());
        }
        thread.check_open()?;
    }
    Ok(Change::MemberRemoved { user: user.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::Action;
    use crate::thread::fixtures::{Story, user};

    fn remove(id: &str) -> Action {
        Action::RemoveMember { user: user(id) }
    }

    fn with_second_owner() -> Story {
        let mut story = Story::group();
        story.ask("ann", Action::AddMember { user: user("oli"), role: Role::Owner }).unwrap();
        story
    }

    #[test]
    fn accepted_leaving() {
        for mut story in [with_second_owner(), {
            let mut story = with_second_owner();
            story.ask("ann", Action::Archive).unwrap();
            story
        }] {
            for id in ["cid", "bob", "ann"] {
                assert_eq!(story.change(id, remove(id)), Ok(Change::MemberRemoved { user: user(id) }));
                assert!(!story.thread.members.contains_key(&user(id)));
            }
        }
    }

    #[test]
    fn accepted_from_an_owner_whoever_goes() {
        let mut story = with_second_owner();
        for id in ["cid", "bob", "oli"] {
            assert!(story.ask("ann", remove(id)).is_ok());
        }
    }

    #[test]
    fn accepted_from_an_admin_for_members_only() {
        let mut story = with_second_owner();
        story.ask("ann", Action::AddMember { user: user("ada"), role: Role::Admin }).unwrap();
        assert_eq!(story.ask("bob", remove("ann")), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("bob", remove("ada")), Err(Rejection::Forbidden.into()));
        assert!(story.ask("bob", remove("cid")).is_ok());
    }

    #[test]
    fn rejected_last_owner_unless_alone() {
        let mut story = Story::group();
        assert_eq!(story.ask("ann", remove("ann")), Err(Rejection::LastOwner.into()));
        story.ask("ann", remove("bob")).unwrap();
        story.ask("ann", remove("cid")).unwrap();
        assert!(story.ask("ann", remove("ann")).is_ok());
        assert_eq!(story.ask("ann", remove("ann")), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_where_a_key_would_lead_to_nobody() {
        let mut story = Story::keyed();
        assert_eq!(story.ask("ann", remove("ann")), Err(Rejection::LastOwner.into()));
    }

    #[test]
    fn rejected_from_members_and_strangers() {
        let mut story = Story::group();
        assert_eq!(story.ask("cid", remove("bob")), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("cid", remove("nobody")), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", remove("cid")), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_in_a_dm_and_in_the_archive() {
        let mut dm = Story::dm();
        assert_eq!(dm.ask("ann", remove("ann")), Err(Rejection::DmFixed.into()));
        assert_eq!(dm.ask("ann", remove("bob")), Err(Rejection::DmFixed.into()));
        assert_eq!(Story::archived().ask("ann", remove("cid")), Err(Rejection::ThreadArchived.into()));
    }

    #[test]
    fn duplicate_finds_nobody() {
        let mut story = Story::group();
        story.ask("ann", remove("cid")).unwrap();
        assert_eq!(story.ask("ann", remove("cid")), Err(Rejection::UnknownMember.into()));
    }

    #[test]
    fn accepted_from_a_service_whoever_goes() {
        let mut story = Story::group();
        for id in ["ann", "bob"] {
            assert!(story.ask("service:crm", remove(id)).is_ok());
        }
    }
}
