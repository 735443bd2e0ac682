//! The bounds of what a command may carry.

/// Characters of a user id.
pub const USER_ID_CHARS_MAX: usize = 128;
/// Characters of a user's display name.
pub const USER_NAME_CHARS_MAX: usize = 100;
/// Characters of a thread key.
pub const THREAD_KEY_CHARS_MAX: usize = 200;
/// Characters of a thread title.
pub const TITLE_CHARS_MAX: usize = 200;
/// Members of one thread.
pub const MEMBERS_MAX: usize = 5_000;
/// Participants named in one creation, the creator included; further ones are added one by one.
pub const PARTICIPANTS_MAX: usize = 1_000;
/// Characters of one message's content.
pub const CONTENT_CHARS_MAX: usize = 10_000;
/// Bytes of a metadata object in canonical JSON.
pub const METADATA_BYTES_MAX: usize = 8_192;
/// Nesting of a metadata object; `{}` has depth 1.
pub const METADATA_DEPTH_MAX: usize = 8;
/// Bytes of one sealed text: the longest content in the widest characters, and what sealing adds.
pub const SEALED_BYTES_MAX: usize = 4 * CONTENT_CHARS_MAX + 128;
/// How far ahead of the command's time a message id may be minted, in milliseconds. Five minutes allow for the clocks
/// of most devices; clients with a worse one correct it by the server's time.
pub const MESSAGE_ID_AHEAD_MS_MAX: i64 = 300_000;
/// Messages of a thread whose facts its state keeps in memory: those with the newest ids.
pub const KNOWN_MESSAGES_MAX: usize = 256;
/// Facts of older messages, looked up for a command, that a state keeps beside them.
pub const LOOKED_UP_MESSAGES_MAX: usize = 16;
