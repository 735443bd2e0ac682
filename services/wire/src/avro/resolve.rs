//! Reads older versions of a record as the newest.

use std::sync::Once;

use apache_avro::types::Value;
use apache_avro::util::max_allocation_bytes;
use apache_avro::{Schema, from_avro_datum, to_avro_datum};

use super::DecodeError;

/// The bytes of the largest value in a record of ours, and the elements of the longest array.
const VALUE_BYTES_MAX: usize = 2 << 20;

/// How to turn a body of one version into one of the newest.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// The newest version only appends fields, with these encoded defaults: nothing is rewritten.
    Appends(Box<[u8]>),
    /// The fields differ otherwise, and the body is rewritten.
    Resolves,
}

impl Upgrade {
    /// Makes the upgrade of the newest version itself.
    pub(super) fn none() -> Self {
        Self::Appends([].into())
    }

    pub(super) fn new(written: &Schema, newest: &Schema) -> Self {
        defaults_behind(written, newest).map_or(Self::Resolves, |defaults| Self::Appends(defaults.into()))
    }
}

/// Encodes the defaults of the fields that `newest` appends to those of `written`; `None` when it differs otherwise.
fn defaults_behind(written: &Schema, newest: &Schema) -> Option<Vec<u8>> {
    let (Schema::Record(written), Schema::Record(newest)) = (written, newest) else { return None };
    let (same, added) = newest.fields.split_at_checked(written.fields.len())?;
    let is_same = written.fields.iter().zip(same).all(|(old, new)| old.name == new.name && old.schema == new.schema);
    let defaults = added.iter().map(|field| {
        let default = Value::from(field.default.clone()?).resolve(&field.schema).ok()?;
        to_avro_datum(&field.schema, default).ok()
    });
    is_same.then(|| defaults.collect::<Option<Vec<_>>>()).flatten().map(|defaults| defaults.concat())
}

/// Rewrites a body from the schema it was written with into the one it is read with, by Avro's rules of schema
/// resolution.
pub(super) fn resolve(written: &Schema, read: &Schema, mut body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    static BOUNDED: Once = Once::new();
    BOUNDED.call_once(|| {
        max_allocation_bytes(VALUE_BYTES_MAX);
    });
    let unreadable = |error: apache_avro::Error| DecodeError::Corrupt(error.to_string());
    let value = from_avro_datum(written, &mut body, Some(read)).map_err(unreadable)?;
    if !body.is_empty() {
        return Err(DecodeError::Corrupt(format!("{} bytes follow the record", body.len())));
    }
    to_avro_datum(read, value).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A record before and after a field came, one went, and the order changed.
    fn schemas() -> (Schema, Schema) {
        let older = r#"{"name": "thread", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "gone", "type": "string", "default": ""},
            {"name": "seq", "type": "long"},
            {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []}"#;
        let newer = r#"{"name": "seq", "type": "long"},
            {"name": "came", "type": ["null", "string"], "default": null},
            {"name": "thread", "type": {"type": "string", "logicalType": "uuid"}},
            {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []}"#;
        let schema = |fields: &str| {
            Schema::parse_str(&format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)).unwrap()
        };
        (schema(older), schema(newer))
    }

    #[test]
    fn fields_added_behind_all_others_need_no_rewriting() {
        let schema = |fields: &str| {
            Schema::parse_str(&format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)).unwrap()
        };
        let one = schema(r#"{"name": "a", "type": "long"}"#);
        let added = r#"{"name": "a", "type": "long"}, {"name": "b", "type": ["null", "string"], "default": null},
            {"name": "c", "type": "string", "default": "x"}, {"name": "d", "type": "long", "default": -3}"#;
        let two = schema(added);
        assert_eq!(Upgrade::new(&one, &one), Upgrade::Appends([].into()));
        let Upgrade::Appends(defaults) = Upgrade::new(&one, &two) else { panic!("only fields were added") };
        assert_eq!(*defaults, [0, 2, b'x', 5]);
        assert_eq!([&[14][..], &defaults].concat(), resolve(&one, &two, &[14]).unwrap());
        for other in [r#"{"name": "a", "type": "int"}"#, r#"{"name": "b", "type": "long", "default": 0}"#] {
            assert_eq!(Upgrade::new(&one, &schema(other)), Upgrade::Resolves, "{other}");
        }
        let (older, newer) = schemas();
        assert_eq!(Upgrade::new(&older, &newer), Upgrade::Resolves);
    }

    #[test]
    fn an_older_body_is_read_as_the_newest() {
        let (older, newer) = schemas();
        let thread = Value::Uuid(uuid::Uuid::from_u128(7));
        let tags = Value::Array(vec![Value::String("a".into())]);
        let old = Value::Record(vec![
            ("thread".into(), thread.clone()),
            ("gone".into(), Value::String("x".into())),
            ("seq".into(), Value::Long(3)),
            ("tags".into(), tags.clone()),
        ]);
        let new = Value::Record(vec![
            ("seq".into(), Value::Long(3)),
            ("came".into(), Value::Union(0, Box::new(Value::Null))),
            ("thread".into(), thread),
            ("tags".into(), tags),
        ]);
        let body = to_avro_datum(&older, old).unwrap();
        assert_eq!(resolve(&older, &newer, &body), Ok(to_avro_datum(&newer, new).unwrap()));
        let longer = [&body[..], &[0]].concat();
        assert_eq!(resolve(&older, &newer, &longer), Err(DecodeError::Corrupt("1 bytes follow the record".into())));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(
            body in prop::collection::vec(any::<u8>(), 0..200),
            count in any::<u64>(),
        ) {
            let (older, newer) = schemas();
            let _ = resolve(&older, &newer, &body);
            // After three empty fields: an array of any length.
            let thread = [&[72][..], b"00000000-0000-0000-0000-000000000000", &[0, 0]].concat();
            let mut varint = Vec::new();
            let mut rest = count;
            while rest >= 0x80 {
                varint.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            varint.push(rest as u8);
            let _ = resolve(&older, &newer, &[thread, varint, body].concat());
        }
    }
}
