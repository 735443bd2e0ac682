//! What we write: the same bytes for ever, and the ones that Avro's own library would write.

use std::fmt::Write;

use apache_avro::types::Value;
use apache_avro::{Schema, from_avro_datum, to_avro_datum};
use proptest::prelude::*;
use threadline_wire::avro::{Record, by_id};

use crate::samples::{self, Sample, any_sample};

/// The schema that the frame names, and the body after it.
fn unframe(value: &[u8]) -> (Schema, &[u8]) {
    let (frame, body) = value.split_at(5);
    let id = u32::from_be_bytes(frame[1..].try_into().unwrap());
    assert_eq!(frame[0], 0);
    (Schema::parse_str(by_id(id).unwrap().text).unwrap(), body)
}

fn read(schema: &Schema, mut body: &[u8]) -> Value {
    let value = from_avro_datum(schema, &mut body, None).unwrap();
    assert_eq!(body, b"", "bytes are left over");
    value
}

/// As hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn the_bytes_of_every_record_are_as_released() {
    let mut golden = String::new();
    for sample in samples::all() {
        let encoded = sample.encode();
        let (schema, body) = unframe(&encoded.value);
        let fields = serde_json::Value::try_from(read(&schema, body)).unwrap();
        writeln!(golden, "{}\n  {}\n  {fields}", encoded.record, hex(&encoded.value)).unwrap();
    }
    insta::assert_snapshot!(golden);
}

#[test]
fn every_record_has_a_sample() {
    let mut seen: Vec<_> = samples::all().iter().map(|sample| sample.encode().record).collect();
    seen.sort_unstable();
    seen.dedup();
    let mut known: Vec<_> = Record::ALL.iter().map(|record| record.name()).collect();
    known.sort_unstable();
    assert_eq!(seen, known);
}

fn same_as_avro(sample: &Sample) {
    let value = sample.encode().value;
    let (schema, body) = unframe(&value);
    let written = to_avro_datum(&schema, read(&schema, body)).unwrap();
    assert_eq!(hex(&written), hex(body));
}

proptest! {
    #[test]
    fn avros_own_library_reads_what_we_write_and_writes_it_alike(sample in any_sample()) {
        same_as_avro(&sample);
    }

    #[test]
    fn every_value_reads_back_as_it_was_written(sample in any_sample()) {
        prop_assert_eq!(sample.decode(&sample.encode().value), Ok(sample));
    }
}
