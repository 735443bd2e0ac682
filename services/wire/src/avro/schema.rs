//! Every schema ever released: `schemas/<record>/<version>.avsc`, with ids that never change.
//!
//! To release a version: add the file and its line below, then its line in `schemas/ids.lock`. A program that runs
//! beside this one may not know it, so it `awaits` the schemas that every role must read before the first such record
//! is written. A command's list also names the schemas of its events: the edge that lets the command in decides for
//! them (decision 10).

use std::fmt;
use std::sync::OnceLock;

use threadline_domain::Topic;

use super::resolve::Upgrade;

/// One released version of a record's schema.
///
/// ```text
/// schemas/message_posted/2.avsc     its text
/// schema.rs                         MessagePosted "message_posted" Messages: 1 = id 1, 2 = id 26 awaits [26, 27];
/// schemas/ids.lock                  26 threadline.MessagePosted 2 <sha256 of the file>
/// ```
///
/// A released file, line or id never changes: tests compare each with the lock, and check every version against every
/// other in both directions.
#[derive(Debug)]
pub struct Schema {
    /// The record it describes.
    pub record: Record,
    /// 1, 2, 3 …
    pub version: u32,
    /// Its id in Confluent framing, unique among all schemas.
    pub id: u32,
    /// The schemas that every role must read before a record of this one is written; empty for a schema that every
    /// program reads.
    pub awaits: &'static [u32],
    /// The schema as JSON text.
    pub text: &'static str,
    parsed: OnceLock<apache_avro::Schema>,
    upgrade: OnceLock<Upgrade>,
}

impl Schema {
    /// Returns the subject by TopicRecordName, such as `threadline.messages-threadline.MessagePosted`, given the
    /// topics' prefix, such as `threadline.`.
    pub fn subject(&self, topic_prefix: &str) -> String {
        format!("{topic_prefix}{}-{}", self.record.topic(), self.record.full_name())
    }

    /// Returns the parsed schema; a test parses every one.
    pub(crate) fn parsed(&self) -> &apache_avro::Schema {
        self.parsed.get_or_init(|| {
            apache_avro::Schema::parse_str(self.text).expect("released schemas are valid, which a test checks")
        })
    }

    /// Returns how to turn a body of this schema into one of its record's newest.
    pub(super) fn upgrade(&self) -> &Upgrade {
        self.upgrade.get_or_init(|| {
            let newest = self.record.newest();
            if newest.id == self.id { Upgrade::none() } else { Upgrade::new(self.parsed(), newest.parsed()) }
        })
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.record.name(), self.version)
    }
}

/// Returns the schema with this id.
pub fn by_id(id: u32) -> Option<&'static Schema> {
    // Ids follow the order of the list, except for versions that were added later.
    let expected = SCHEMAS.get((id as usize).wrapping_sub(1)).filter(|schema| schema.id == id);
    expected.or_else(|| SCHEMAS.iter().find(|schema| schema.id == id))
}

macro_rules! records {
    ($($record:ident $name:literal $topic:ident:
        $($(#[$when:meta])? $version:literal = id $id:literal $(in $folder:literal)? $(awaits $awaits:tt)?),+;)+) => {
        /// The record types.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Record { $($record),+ }

        impl Record {
            /// Every record type.
            pub const ALL: &[Self] = &[$(Self::$record),+];

            /// Returns the name of the record's folder in `schemas/`, such as `message_posted`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$record => $name),+ }
            }

            /// Returns the record's name in Avro with its namespace, such as `threadline.MessagePosted`.
            pub const fn full_name(self) -> &'static str {
                match self { $(Self::$record => concat!("threadline.", stringify!($record))),+ }
            }

            /// Returns the topic of the record.
            pub const fn topic(self) -> Topic {
                match self { $(Self::$record => Topic::$topic),+ }
            }
        }

        const SCHEMAS_COUNT: usize = [$($($(#[$when])? $id),+),+].len();

        /// Every schema ever released, by record and version.
        pub static SCHEMAS: [Schema; SCHEMAS_COUNT] = [$($($(#[$when])? Schema {
            record: Record::$record,
            version: $version,
            id: $id,
            awaits: awaited!($($awaits)?),
            text: text!($($folder)? $name, $version),
            parsed: OnceLock::new(),
            upgrade: OnceLock::new(),
        }),+),+];
    };
}

macro_rules! awaited {
    () => {
        &[]
    };
    ($awaits:tt) => {
        &$awaits
    };
}

macro_rules! text {
    ($name:literal, $version:literal) => {
        include_str!(concat!("../../../../schemas/", $name, "/", $version, ".avsc"))
    };
    ($folder:literal $name:literal, $version:literal) => {
        include_str!(concat!("../../", $folder, "/", $name, "/", $version, ".avsc"))
    };
}

records! {
    MessagePosted "message_posted" Messages: 1 = id 1,
        #[cfg(feature = "fixture-newer")] 2 = id 1_000_001 in "fixture-newer" awaits [1_000_001];
    MessageEdited "message_edited" Messages: 1 = id 2;
    MessageDeleted "message_deleted" Messages: 1 = id 3;
    ThreadCreated "thread_created" Messages: 1 = id 4;
    ThreadChanged "thread_changed" Messages: 1 = id 5;
    ThreadArchived "thread_archived" Messages: 1 = id 6;
    MemberAdded "member_added" Messages: 1 = id 7;
    MemberRemoved "member_removed" Messages: 1 = id 8;
    MemberRoleChanged "member_role_changed" Messages: 1 = id 9;
    PostMessage "post_message" MessagesCommands: 1 = id 10,
        #[cfg(feature = "fixture-newer")] 2 = id 1_000_002 in "fixture-newer" awaits [1_000_001, 1_000_002];
    EditMessage "edit_message" MessagesCommands: 1 = id 11;
    DeleteMessage "delete_message" MessagesCommands: 1 = id 12;
    CreateThread "create_thread" MessagesCommands: 1 = id 13;
    ChangeThread "change_thread" MessagesCommands: 1 = id 14;
    ArchiveThread "archive_thread" MessagesCommands: 1 = id 15;
    AddMember "add_member" MessagesCommands: 1 = id 16;
    RemoveMember "remove_member" MessagesCommands: 1 = id 17;
    ChangeRole "change_role" MessagesCommands: 1 = id 18;
    Rejection "rejection" Rejections: 1 = id 19;
    ReadMark "read_mark" Reads: 1 = id 20;
    User "user" Users: 1 = id 21;
    Typing "typing" Signals: 1 = id 22;
    Presence "presence" Signals: 1 = id 23;
    EdgeAlive "edge_alive" Signals: 1 = id 24;
    DeadLetter "dead_letter" DeadLetters: 1 = id 25;
}

impl Record {
    /// Returns a version of its schema.
    ///
    /// # Panics
    /// If there is no such version.
    pub fn version(self, version: u32) -> &'static Schema {
        let found = SCHEMAS.iter().find(|schema| schema.record == self && schema.version == version);
        found.unwrap_or_else(|| panic!("{} has no version {version}", self.name()))
    }

    /// Returns the newest version of its schema, as which all older ones are read.
    pub fn newest(self) -> &'static Schema {
        let mut versions = SCHEMAS.iter().filter(|schema| schema.record == self);
        versions.next_back().expect("every record has a schema")
    }
}
