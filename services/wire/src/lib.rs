//! Everything that crosses a process boundary, sans I/O: Avro records, client frames, positions and cursors, codes.
//!
//! The only crate that names Avro, and the one that knows JSON: the edge and the tools hand its values on.

pub mod avro;
pub mod codes;
pub mod cursor;
pub mod frame;
pub mod json;
pub mod signal;

pub use codes::{CloseCode, ErrorCode, RequestError};
pub use cursor::{Cursor, LogFingerprint, NotACursor, Offsets};
pub use signal::{PresenceStatus, Signal};
