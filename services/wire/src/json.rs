//! JSON of the contract: threads, messages, events as clients see them.

use threadline_domain::Timestamp;

/// RFC 3339, UTC, milliseconds: `2026-01-31T12:00:00.000Z`.
pub fn rfc3339(_at: Timestamp) -> String { todo!() }
