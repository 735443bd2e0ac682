//! Bounds that many settings share.

use std::ops::RangeInclusive;

/// The longest time that may be asked for.
pub(super) const HOUR_MS: u64 = 3_600_000;
/// Room for something in memory.
pub(super) const BYTES: RangeInclusive<usize> = 4_096..=1 << 40;
