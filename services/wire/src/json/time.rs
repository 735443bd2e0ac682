//! Times as clients see them.

use ::time::OffsetDateTime;
use serde::{Serialize, Serializer};
use threadline_domain::Timestamp;
use utoipa::ToSchema;

/// The first and the last millisecond that a year of four digits can write.
const MS_MIN: i64 = -62_167_219_200_000;
const MS_MAX: i64 = 253_402_300_799_999;

/// A time that is written as RFC 3339, UTC, milliseconds: `2026-01-31T12:00:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = digits(self.0);
        serializer.serialize_str(std::str::from_utf8(&digits).expect("digits are ASCII"))
    }
}

/// RFC 3339, UTC, milliseconds: `2026-01-31T12:00:00.000Z`. Years before 0 or after 9999 are written as the nearest
/// that has four digits.
pub fn rfc3339(at: Timestamp) -> String {
    digits(at).iter().map(|&byte| char::from(byte)).collect()
}

fn digits(at: Timestamp) -> [u8; 24] {
    let ms = at.millis().clamp(MS_MIN, MS_MAX);
    let time = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)).expect("years of four digits are in range");
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |end: usize, mut value: u32| {
        for byte in text[..end].iter_mut().rev().take_while(|byte| byte.is_ascii_digit()) {
            *byte = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(4, time.year().unsigned_abs());
    put(7, u8::from(time.month()).into());
    put(10, time.day().into());
    put(13, time.hour().into());
    put(16, time.minute().into());
    put(19, time.second().into());
    put(23, ms.rem_euclid(1_000) as u32);
    text
}

#[cfg(test)]
mod tests {
    use ::time::format_description::well_known::Rfc3339;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_time_reads_back_from_its_text(ms in MS_MIN..=MS_MAX) {
            let text = rfc3339(Timestamp(ms));
            prop_assert_eq!(text.len(), 24);
            let read = OffsetDateTime::parse(&text, &Rfc3339).unwrap();
            prop_assert_eq!(read.unix_timestamp_nanos(), i128::from(ms) * 1_000_000);
        }
    }

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339(Timestamp(1_769_860_800_007)), "2026-01-31T12:00:00.007Z");
        assert_eq!(rfc3339(Timestamp(-1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(Timestamp(i64::MAX)), "9999-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(Timestamp(i64::MIN)), "0000-01-01T00:00:00.000Z");
    }
}
