//! What we read: anything may stand there, and all of it is taken or refused with a reason.

use proptest::prelude::*;
use threadline_wire::avro::{Record, SCHEMAS};

use crate::samples::{self, Sample, any_sample};

fn reason(sample: &Sample, value: &[u8]) -> String {
    sample.decode(value).expect_err("was taken").to_string()
}

#[test]
fn values_that_are_no_record_are_refused() {
    for sample in samples::all() {
        assert_eq!(reason(&sample, b""), "the value is not in Confluent framing");
        assert_eq!(reason(&sample, &[0, 0, 0, 1]), "the value is not in Confluent framing");
        assert_eq!(reason(&sample, &[1, 0, 0, 0, 1]), "the value is not in Confluent framing");
        assert_eq!(reason(&sample, &[0, 255, 0, 0, 0]), "no schema has the id 4278190080: a newer program wrote it");
    }
}

#[test]
fn a_value_cut_off_anywhere_is_refused() {
    for sample in samples::all() {
        let value = sample.encode().value;
        for length in 0..value.len() {
            assert!(sample.decode(&value[..length]).is_err(), "{sample:?} cut off at {length}");
        }
    }
}

#[test]
fn bytes_behind_a_value_are_refused() {
    for sample in samples::all() {
        let encoded = sample.encode();
        let longer = [&encoded.value[..], &[0]].concat();
        assert_eq!(reason(&sample, &longer), format!("{}: 1 bytes follow the record", encoded.record));
    }
}

#[test]
fn records_of_another_topic_are_refused() {
    for one in samples::all() {
        for other in samples::all() {
            let same_topic = std::mem::discriminant(&one) == std::mem::discriminant(&other);
            assert_eq!(one.decode(&other.encode().value).is_ok(), same_topic, "{one:?} from {other:?}");
        }
    }
}

/// A member_removed with these bytes for its seq and this user.
fn member_removed(seq: &[u8], user: &[u8]) -> Vec<u8> {
    let id = SCHEMAS.iter().find(|schema| schema.record == Record::MemberRemoved).unwrap().id;
    let thread = samples::thread().to_string();
    let text = |text: &[u8]| [&[text.len() as u8 * 2], text].concat();
    [&[0][..], &id.to_be_bytes(), &text(thread.as_bytes()), seq, &[2], &text(b"ann"), &[2], &text(user)].concat()
}

#[test]
fn a_refused_field_is_named() {
    let sample = samples::all().swap_remove(0);
    assert!(sample.decode(&member_removed(&[2], b"ben")).is_ok());
    let cases: [(&[u8], &[u8], &str); 6] = [
        (&[1], b"ben", "member_removed: seq: is negative"),
        (&[0xff; 10], b"ben", "member_removed: seq: is not a 64-bit number"),
        (&[2], b"", "member_removed: user: must not be empty"),
        (&[2], b"b n", "member_removed: user: must have no white space and no control characters"),
        (&[2], &[b'x'; 60], "member_removed: user: is cut off"),
        (&[2], &[0xff], "member_removed: user: is not UTF-8"),
    ];
    for (seq, user, expected) in cases {
        let mut value = member_removed(seq, user);
        if expected.ends_with("cut off") {
            value.pop();
        }
        assert_eq!(reason(&sample, &value), expected);
    }
}

#[test]
fn a_huge_count_allocates_nothing() {
    let presence = samples::all().into_iter().find(|sample| sample.encode().record == "presence").unwrap();
    let value = presence.encode().value;
    // The array's count stands before its one element, a text of 36 characters and its length, and the final 0.
    let at = value.len() - 1 - 37 - 1;
    let huge = [&value[..at], &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], &value[at + 1..]].concat();
    assert_eq!(reason(&presence, &huge), "presence: threads: is cut off");
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused(
        id in 0..30_u32,
        body in prop::collection::vec(any::<u8>(), 0..200),
        sample in any_sample(),
    ) {
        let value = [&[0][..], &id.to_be_bytes(), &body].concat();
        let _ = sample.decode(&value);
        let _ = sample.decode(&body);
    }

    #[test]
    fn a_changed_byte_is_taken_or_refused(sample in any_sample(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut value = sample.encode().value.to_vec();
        let at = at.index(value.len());
        value[at] = byte;
        if let Ok(read) = sample.decode(&value) {
            prop_assert_eq!(read.decode(&read.encode().value), Ok(read));
        }
    }
}
