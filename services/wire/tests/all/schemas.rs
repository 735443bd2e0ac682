//! Released schemas: never edited, and every version readable as every other.

use std::path::PathBuf;

use apache_avro::Schema;
use apache_avro::schema_compatibility::SchemaCompatibility;
use sha2::{Digest, Sha256};
use threadline_domain::Topic;
use threadline_wire::avro::{Record, SCHEMAS, by_id};

use crate::avro_bytes::hex;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

#[test]
#[cfg_attr(feature = "fixture-newer", ignore = "the made-up schemas are not released")]
fn released_schemas_are_as_locked() {
    let lock = std::fs::read_to_string(folder().join("ids.lock")).unwrap();
    let locked: Vec<_> = lock.lines().filter(|line| !line.starts_with('#')).collect();
    let mut released: Vec<_> = SCHEMAS.iter().collect();
    released.sort_by_key(|schema| schema.id);
    let released: Vec<_> = released
        .iter()
        .map(|schema| {
            let digest = hex(&Sha256::digest(schema.text));
            format!("{} {} {} {digest}", schema.id, schema.record.full_name(), schema.version)
        })
        .collect();
    assert_eq!(
        released, locked,
        "released files are never edited: a new version gets a file, an id and a line in ids.lock of its own"
    );
}

#[test]
#[cfg_attr(feature = "fixture-newer", ignore = "the made-up schemas are not released")]
fn ids_and_versions_are_given_once_and_in_order() {
    let mut ids: Vec<_> = SCHEMAS.iter().map(|schema| schema.id).collect();
    ids.sort_unstable();
    assert!(ids.iter().copied().eq(1..=SCHEMAS.len() as u32), "{ids:?}");
    for &record in Record::ALL {
        let versions = SCHEMAS.iter().filter(|schema| schema.record == record).map(|schema| schema.version);
        assert!(versions.zip(1..).all(|(version, expected)| version == expected), "{record:?}");
    }
}

#[test]
#[cfg_attr(feature = "fixture-newer", ignore = "the made-up schemas are not released")]
fn every_file_is_a_released_schema_that_names_its_record() {
    let mut files = 0;
    for record in std::fs::read_dir(folder()).unwrap().filter_map(Result::ok).filter(|entry| entry.path().is_dir()) {
        files += std::fs::read_dir(record.path()).unwrap().count();
    }
    assert_eq!(files, SCHEMAS.len());
    for schema in &SCHEMAS {
        let parsed = Schema::parse_str(schema.text).unwrap_or_else(|error| panic!("{schema}: {error}"));
        assert_eq!(parsed.name().unwrap().fullname(None), schema.record.full_name());
        let topic = schema.record.topic();
        assert_eq!(schema.subject("threadline."), format!("threadline.{topic}-{}", schema.record.full_name()));
    }
}

/// The first release: there is no older program. Raised when no program that lacks a schema can run any more.
const READ_BY_ALL_ID_MAX: u32 = 25;

/// A schema that an older program does not read waits until no such program runs, and an event for all that the command needs
/// which it follows from: nobody asks again once the command is in the log.
#[test]
fn what_older_programs_do_not_read_awaits_its_readers() {
    for schema in &SCHEMAS {
        if schema.id <= READ_BY_ALL_ID_MAX {
            assert_eq!(schema.awaits, [0; 0], "{schema}");
            continue;
        }
        assert!(schema.awaits.contains(&schema.id), "{schema}");
        if schema.record.topic() == Topic::Messages {
            let commands = SCHEMAS.iter().filter(|other| other.record.topic() == Topic::MessagesCommands);
            assert!(commands.filter(|command| command.awaits.contains(&schema.id)).count() > 0, "{schema}");
        }
        for id in schema.awaits {
            assert!(by_id(*id).is_some(), "{schema} awaits {id}");
        }
    }
}

/// Whether all that was written with one can be read with the other, and the other way about.
fn compatible(one: &str, other: &str) -> bool {
    let (one, other) = (Schema::parse_str(one).unwrap(), Schema::parse_str(other).unwrap());
    SchemaCompatibility::mutual_read(&one, &other).is_ok()
}

#[test]
fn every_version_reads_every_other() {
    for one in &SCHEMAS {
        for other in SCHEMAS.iter().filter(|other| other.record == one.record) {
            assert!(compatible(one.text, other.text), "{one} and {other}");
        }
    }
}

#[test]
fn the_check_finds_what_cannot_be_read() {
    let record = |fields: &str| format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
    let field = |kind: &str| record(&format!(r#"{{"name":"a","type":{kind}}}"#));
    let long = field(r#""long""#);
    let defaulted = record(r#"{"name":"a","type":"long"},{"name":"b","type":"long","default":0}"#);
    assert!(compatible(&long, &defaulted));
    let required = record(r#"{"name":"a","type":"long"},{"name":"b","type":"long"}"#);
    for (one, other) in [
        (long.clone(), required),
        (long.clone(), field(r#""string""#)),
        (long, field(r#""int""#)),
        // Readable in part only: some values of one have no place in the other.
        (field(r#"["null","string"]"#), field(r#"["null","string","long"]"#)),
        (field(r#"["null","string"]"#), field(r#""string""#)),
        (
            field(r#"{"type":"enum","name":"E","symbols":["A"]}"#),
            field(r#"{"type":"enum","name":"E","symbols":["A","B"]}"#),
        ),
    ] {
        assert!(!compatible(&one, &other), "{one}\n{other}");
    }
}
