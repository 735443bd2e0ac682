//! The kinds of events, and what is true of each.

/// The kind of an event. A new kind needs its line in every `match` here, or nothing compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    ThreadCreated,
    ThreadChanged,
    ThreadArchived,
    MemberAdded,
    MemberRemoved,
    MemberRoleChanged,
    MessagePosted,
    MessageEdited,
    MessageDeleted,
}

impl EventKind {
    pub const ALL: [Self; 9] = [
        Self::ThreadCreated,
        Self::ThreadChanged,
        Self::ThreadArchived,
        Self::MemberAdded,
        Self::MemberRemoved,
        Self::MemberRoleChanged,
        Self::MessagePosted,
        Self::MessageEdited,
        Self::MessageDeleted,
    ];

    /// Returns the name in the contract and in the schemas, such as `message_posted`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThreadCreated => "thread_created",
            Self::ThreadChanged => "thread_changed",
            Self::ThreadArchived => "thread_archived",
            Self::MemberAdded => "member_added",
            Self::MemberRemoved => "member_removed",
            Self::MemberRoleChanged => "member_role_changed",
            Self::MessagePosted => "message_posted",
            Self::MessageEdited => "message_edited",
            Self::MessageDeleted => "message_deleted",
        }
    }

    /// Returns the kind with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it changes who is in the thread: such an event can concern people who were not in it before.
    pub const fn changes_membership(self) -> bool {
        match self {
            Self::ThreadCreated | Self::MemberAdded | Self::MemberRemoved => true,
            Self::ThreadChanged
            | Self::ThreadArchived
            | Self::MemberRoleChanged
            | Self::MessagePosted
            | Self::MessageEdited
            | Self::MessageDeleted => false,
        }
    }

    /// Whether it replaces or deletes the text of earlier events.
    pub const fn supersedes_text(self) -> bool {
        match self {
            Self::MessageEdited | Self::MessageDeleted => true,
            Self::ThreadCreated
            | Self::ThreadChanged
            | Self::ThreadArchived
            | Self::MemberAdded
            | Self::MemberRemoved
            | Self::MemberRoleChanged
            | Self::MessagePosted => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (at, kind) in EventKind::ALL.into_iter().enumerate() {
            assert_eq!(EventKind::from_name(kind.name()), Some(kind));
            assert_eq!(kind as usize, at, "ALL is in the order of the declaration, without a gap");
        }
        assert_eq!(EventKind::from_name("message"), None);
    }
}
