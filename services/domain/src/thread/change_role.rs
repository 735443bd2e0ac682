//! Changing a member's role.

use crate::UserId;
use crate::thread::{Change, Command, NoEvent, Rejection, Role, Thread};

/// Only owners change roles, their own included, as long as one owner is left.
pub(super) fn decide(thread: &Thread, command: &Command, user: &UserId, role: Role) -> Result<Change, NoEvent> {
    let actor = thread.authority_of(&command.actor)?;
    thread.check_not_dm()?;
    if !actor.owns() {
        return Err(Rejection::Forbidden.into());
    }
    let current = thread.members.get(user).ok_or(Rejection::UnknownMember)?;
    if *current == role {
        return Err(thread.already_applied(command.at));
    }
    thread.check_open()?;
    if thread.is_last_owner(user) {
        return Err(Rejection::LastOwner.into());
    }
    Ok(Change::MemberRoleChanged { user: user.clone(), role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::fixtures::{Story, user};
    use crate::thread::{Action, Outcome};

    fn role(id: &str, role: Role) -> Action {
        Action::ChangeRole { user: user(id), role }
    }

    #[test]
    fn accepted_from_an_owner() {
        let mut story = Story::group();
        for to in [Role::Admin, Role::Owner, Role::Member] {
            let changed = Change::MemberRoleChanged { user: user("cid"), role: to };
            assert_eq!(story.change("ann", role("cid", to)), Ok(changed));
            assert_eq!(story.thread.members[&user("cid")], to);
        }
    }

    #[test]
    fn accepted_stepping_down_when_another_owner_stays() {
        let mut story = Story::group();
        story.ask("ann", role("bob", Role::Owner)).unwrap();
        assert!(story.ask("ann", role("ann", Role::Member)).is_ok());
        assert_eq!(story.ask("bob", role("bob", Role::Admin)), Err(Rejection::LastOwner.into()));
    }

    #[test]
    fn rejected_for_the_last_owner() {
        assert_eq!(Story::group().ask("ann", role("ann", Role::Admin)), Err(Rejection::LastOwner.into()));
    }

    #[test]
    fn rejected_from_anyone_else() {
        let mut story = Story::group();
        assert_eq!(story.ask("bob", role("cid", Role::Admin)), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("cid", role("cid", Role::Owner)), Err(Rejection::Forbidden.into()));
        assert_eq!(story.ask("eve", role("eve", Role::Owner)), Err(Rejection::UnknownThread.into()));
    }

    #[test]
    fn rejected_for_strangers_in_a_dm_and_in_the_archive() {
        assert_eq!(Story::group().ask("ann", role("eve", Role::Admin)), Err(Rejection::UnknownMember.into()));
        assert_eq!(Story::dm().ask("ann", role("bob", Role::Owner)), Err(Rejection::DmFixed.into()));
        assert_eq!(Story::archived().ask("ann", role("cid", Role::Admin)), Err(Rejection::ThreadArchived.into()));
    }

    #[test]
    fn duplicate_is_settled() {
        let mut story = Story::group();
        let asked = story.ask("ann", role("bob", Role::Admin));
        assert_eq!(asked, Err(NoEvent::AlreadyApplied(Outcome { seq: 2, message: None, number: None, at: story.now })));
    }

    #[test]
    fn accepted_from_a_service() {
        assert!(Story::group().ask("service:crm", role("cid", Role::Admin)).is_ok());
    }
}
