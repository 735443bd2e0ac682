//! Adding a member.

use crate::limits::MEMBERS_MAX;
use crate::thread::{Change, Command, NoEvent, Rejection, Role, Thread};
use crate::{Invalid, UserId};

/// Owners add members in any role, admins only as plain members.
pub(super) fn decide(thread: &Thread, command: &Command, user: &UserId, role: Role) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    thread.check_not_dm()?;
    let may = actor.owns() || (actor.manages() && role == Role::Member);
    if !may {
        return Err(Rejection::Forbidden.into());
    }
    if thread.members.contains_key(user) {
        // Whatever the role: another command changes it.
        return Err(thread.already_applied(command.at));
    }
    thread.check_open()?;
    if thread.members.len() >= MEMBERS_MAX {
        return Err(Rejection::Invalid { field: "user", reason: Invalid::TooMany { count_max: MEMBERS_MAX } }.into());
    }
    Ok(Change::MemberAdded { user: user.clone(), role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::fixtures::{Story, invalid, user};
    use crate::thread::{Action, Outcome};

    fn add(id: &str, role: Role) -> Action {
        Action::AddMember { user: user(id), role }
    }

    #[test]
    fn accepted_from_an_owner_as_anything() {
        let mut story = Story::group();
        for (id, role) in [("dan", Role::Member), ("eli", Role::Admin), ("fay", Role::Owner)] {
            assert_eq!(story.change("ann", add(id, role)), Ok(Change::MemberAdded { user: user(id), role }));
            assert_eq!(story.thread.members[&user(id)], role);
        }
    }

    #[test]
    fn accepted_from_an_admin_as_member_only() {
        let mut story = Story::group();
        assert!(story.ask("bob", add("dan", Role::Member)).is_ok());
        assert_eq!(story.ask("bob", add("eli", Role::Admin)), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("bob", add("fay", Role::Owner)), Err(Rejection::Forbidden.into()));
    }

    #[test]
    fn accepted_again_after_leaving() {
        let mut story = Story::group();
        story.ask("cid", Action::RemoveMember { user: user("cid") }).unwrap();
        assert!(story.ask("ann", add("cid", Role::Member)).is_ok());
    }

    #[test]
    fn rejected_from_members_and_strangers_oneself_included() {
        let mut story = Story::group();
        assert_eq!(story.ask("cid", add("dan", Role::Member)), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", add("eve", Role::Member)), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_in_a_dm_and_in_the_archive() {
        assert_eq!(Story::dm().ask("ann", add("cid", Role::Member)), Err(Rejection::DmFixed.into()));
        assert_eq!(Story::archived().ask("ann", add("dan", Role::Member)), Err(Rejection::ThreadArchived.into()));
    }

    #[test]
    fn rejected_when_the_thread_is_full() {
        let mut story = Story::group();
        for n in story.thread.members.len()..MEMBERS_MAX {
            story.ask("ann", add(&n.to_string(), Role::Member)).unwrap();
        }
        let full = Invalid::TooMany { count_max: MEMBERS_MAX };
        assert_eq!(story.ask("ann", add("one-more", Role::Member)), invalid("user", full));
    }

    #[test]
    fn duplicate_is_settled_and_changes_no_role() {
        let mut story = Story::group();
        let asked = story.ask("ann", add("bob", Role::Member));
        assert_eq!(asked, Err(NoEvent::AlreadyApplied(Outcome { seq: 2, message: None, number: None, at: story.now })));
        assert_eq!(story.thread.members[&user("bob")], Role::Admin);
    }

    #[test]
    fn accepted_from_a_service_as_anything() {
        assert!(Story::group().ask("service:crm", add("fay", Role::Owner)).is_ok());
    }
}
