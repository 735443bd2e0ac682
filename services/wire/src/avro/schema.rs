//! Every schema ever released: `schemas/<record>/<version>.avsc`, with ids that never change.
//!
//! To release a version: add the file and its line below, then its line in `schemas/ids.lock`.

use std::fmt;
use std::sync::OnceLock;

use threadline_domain::Topic;

/// One released version of a record's schema.
#[derive(Debug)]
pub struct Schema {
    /// The record it describes.
    pub record: Record,
    /// 1, 2, 3 …
    pub version: u32,
    /// Its id in Confluent framing, unique among all schemas.
    pub id: u32,
    /// The schema as JSON text, as it lies in `schemas/`.
    pub text: &'static str,
    parsed: OnceLock<apache_avro::Schema>,
}

impl Schema {
    /// The subject by TopicRecordName, such as `threadline.messages-threadline.MessagePosted`, given the topics'
    /// prefix, such as `threadline.`.
    pub fn subject(&self, topic_prefix: &str) -> String {
        format!("{topic_prefix}{}-{}", self.record.topic(), self.record.full_name())
    }

    /// The parsed schema; a test parses every one.
    pub(crate) fn parsed(&self) -> &apache_avro::Schema {
        self.parsed.get_or_init(|| {
            apache_avro::Schema::parse_str(self.text).expect("released schemas are valid, which a test checks")
        })
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.record.name(), self.version)
    }
}

/// The schema with this id.
pub fn by_id(id: u32) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| schema.id == id)
}

macro_rules! records {
    ($($record:ident $name:tt $topic:ident: $($version:tt = id $id:tt),+;)+) => {
        /// The record types.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "described in their schemas")]
        pub enum Record { $($record),+ }

        impl Record {
            /// Every record type.
            pub const ALL: &[Self] = &[$(Self::$record),+];

            /// The name of the record's folder in `schemas/`, such as `message_posted`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$record => $name),+ }
            }

            /// The record's name in Avro with its namespace, such as `threadline.MessagePosted`.
            pub const fn full_name(self) -> &'static str {
                match self { $(Self::$record => concat!("threadline.", stringify!($record))),+ }
            }

            /// The topic that carries it.
            pub const fn topic(self) -> Topic {
                match self { $(Self::$record => Topic::$topic),+ }
            }
        }

        /// Every schema ever released, by record and version.
        pub static SCHEMAS: [Schema; [$($($id),+),+].len()] = [$($(Schema {
            record: Record::$record,
            version: $version,
            id: $id,
            text: include_str!(concat!("../../../../schemas/", $name, "/", $version, ".avsc")),
            parsed: OnceLock::new(),
        }),+),+];
    };
}

records! {
    MessagePosted "message_posted" Messages: 1 = id 1;
    MessageEdited "message_edited" Messages: 1 = id 2;
    MessageDeleted "message_deleted" Messages: 1 = id 3;
    ThreadCreated "thread_created" Messages: 1 = id 4;
    ThreadChanged "thread_changed" Messages: 1 = id 5;
    ThreadArchived "thread_archived" Messages: 1 = id 6;
    MemberAdded "member_added" Messages: 1 = id 7;
    MemberRemoved "member_removed" Messages: 1 = id 8;
    MemberRoleChanged "member_role_changed" Messages: 1 = id 9;
    PostMessage "post_message" MessagesCommands: 1 = id 10;
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
    /// The newest version of its schema: what we write, and what we read all older ones as.
    pub fn newest(self) -> &'static Schema {
        let mut versions = SCHEMAS.iter().filter(|schema| schema.record == self);
        versions.next_back().expect("every record has a schema")
    }
}
