//! Everything that crosses a process boundary, sans I/O: Avro records, client frames, positions and cursors, codes.
//!
//! The only crate that names JSON or Avro.

pub mod avro;
pub mod codes;
pub mod cursor;
pub mod frame;
pub mod json;
pub mod signal;

pub use codes::{CloseCode, ErrorCode};
pub use cursor::Cursor;
pub use signal::{PresenceStatus, Signal};
