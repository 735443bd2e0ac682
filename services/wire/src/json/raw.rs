//! JSON as it was sent, taken apart one level at a time: numbers keep their digits, and a fault lies in the field that has it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use threadline_domain::{Invalid, limits};

/// The fields of an object. Of two with the same name the last one counts.
#[derive(Debug, Default)]
pub(super) struct Object(pub(super) BTreeMap<String, Box<RawValue>>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<Object, M::Error> {
                let mut object = Object::default();
                while let Some((Name(name), value)) = fields.next_entry()? {
                    object.0.insert(name, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A field's name. One that is no text gets U+FFFD where it is none, and so is the name of no field that anybody asks for.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<Name, E> {
                Ok(Name(String::from_utf8_lossy(name).into_owned()))
            }
        }
        // As text it would have to be well-formed.
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Reads a string; `None` for any other value.
pub(super) fn string(value: &RawValue) -> Option<Result<String, String>> {
    let json = value.get();
    json.starts_with('"').then(|| serde_json::from_str(json).map_err(|_| LONE_SURROGATE.to_owned()))
}

/// Returns the elements of an array; `None` for any other value.
pub(super) fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Returns the canonical text of a value: no insignificant white space, names sorted, numbers digit for digit. Refuses what
/// nests too deep, NUL characters, which Postgres has no text for, and what no reader could make sense of.
pub(super) fn canonical(value: &RawValue) -> Result<String, String> {
    let mut json = String::with_capacity(value.get().len());
    write(value, limits::METADATA_DEPTH_MAX, &mut json)?;
    Ok(json)
}

const LONE_SURROGATE: &str = "has half of a surrogate pair, which is no character";

fn write(value: &RawValue, depth: usize, out: &mut String) -> Result<(), String> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => Err(Invalid::TooDeep { depth_max: limits::METADATA_DEPTH_MAX }.to_string()),
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> =
                serde_json::from_str(json).map_err(|_| LONE_SURROGATE.to_owned())?;
            out.push('{');
            for (at, (name, value)) in fields.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(&name, out)?;
                out.push(':');
                write(value, depth - 1, out)?;
            }
            out.push('}');
            Ok(())
        }
        Some(b'[') => {
            out.push('[');
            for (at, value) in array(value).unwrap_or_default().into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, depth - 1, out)?;
            }
            out.push(']');
            Ok(())
        }
        Some(b'"') => write_string(&string(value).unwrap_or_else(|| Ok(String::new()))?, out),
        Some(b'-' | b'0'..=b'9') if !json.parse::<f64>().is_ok_and(f64::is_finite) => {
            Err("has a number that is too large: most readers take numbers up to 1.7e308".into())
        }
        _ => {
            out.push_str(json);
            Ok(())
        }
    }
}

fn write_string(text: &str, out: &mut String) -> Result<(), String> {
    if text.contains('\0') {
        return Err(Invalid::Character.to_string());
    }
    out.push_str(&serde_json::to_string(text).map_err(|error| error.to_string())?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect("JSON")
    }

    #[test]
    fn numbers_keep_their_digits_and_names_are_sorted() {
        let json = r#" { "order" : 12345678901234567890123, "lat":14.420671234567891 ,"b":[1.0, -0, 1E5,{"z":null,"a":true}],"Ä":"\u00e4\/"}"#;
        let canonical = r#"{"b":[1.0,-0,1E5,{"a":true,"z":null}],"lat":14.420671234567891,"order":12345678901234567890123,"Ä":"ä/"}"#;
        assert_eq!(super::canonical(&raw(json)).unwrap(), canonical);
    }

    #[test]
    fn what_no_reader_could_take_is_refused() {
        for (json, part) in [
            (r#"{"a":"\ud83d"}"#, "surrogate"),
            (r#"{"\ude00":1}"#, "surrogate"),
            (r#"{"a":1e400}"#, "too large"),
            (r#"{"a":[-1e999]}"#, "too large"),
            (r#"{"a":"\u0000"}"#, "character"),
            (r#"{"\u0000":1}"#, "character"),
            (&format!("{}1{}", "[".repeat(200), "]".repeat(200)), "at most 8 deep"),
            (&format!("{}{}", r#"{"a":"#.repeat(9), "0".to_owned() + &"}".repeat(9)), "at most 8 deep"),
        ] {
            let error = canonical(&raw(json)).expect_err(json);
            assert!(error.contains(part), "{json}: {error}");
        }
    }

    #[test]
    fn names_that_are_no_text_are_still_names() {
        let object: Object = serde_json::from_str(r#"{"a":1,"\ud83d":2,"a":"\ud83d"}"#).unwrap();
        let fields: Vec<_> = object.0.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
        assert_eq!(fields, [("a", r#""\ud83d""#), ("\u{fffd}\u{fffd}\u{fffd}", "2")]);
    }
}
