//! Everything that crosses a process boundary, without I/O: Avro records, client frames, JSON, cursors, codes.
//!
//! | module | between |
//! |---|---|
//! | [`avro`] | processes, through the log: records in Kafka's wire format, versions side by side (decision 24) |
//! | [`frame`] | client and edge, on `/ws` |
//! | [`json`] | client and edge, in REST and frames |
//! | [`codes`] | clients and errors: two tables, which say whether to retry or reconnect |
//! | [`cursor`] | a client and any edge: where to resume |
//! | [`signal`] | edges: typing and presence |
//!
//! ```text
//! client JSON ─▶ frame/json::parse ─▶ domain command ─▶ avro::encode ─▶ log ─▶ avro::decode ─▶ domain event ─▶ json ─▶ client
//! ```
//!
//! What holds: every version of a schema ever released is read; a record is written in the oldest version that holds
//! it. What a client sends is read strictly, and an error names the field. Server frames and their descriptions are one
//! type.
//!
//! What is never here: I/O, rules, status codes of HTTP. The only crate that names Avro, and the one that knows JSON.

pub mod avro;
pub mod codes;
pub mod cursor;
pub mod frame;
pub mod json;
pub mod signal;

pub use codes::{CloseCode, ErrorCode, RequestError};
pub use cursor::{Cursor, LogFingerprint, NotACursor, Offsets};
pub use signal::{PresenceStatus, Signal};
