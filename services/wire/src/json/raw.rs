//! Parses JSON one level at a time, so that numbers keep their digits and an error can name the field that has it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use threadline_domain::{Invalid, Metadata, limits};

/// The fields of an object, unparsed. The last of several with one name wins.
#[derive(Debug, Default)]
pub(super) struct Object<'a>(pub(super) BTreeMap<Cow<'a, str>, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> Result<Object<'de>, M::Error> {
                let mut object = Object::default();
                while let Some((Name(name), value)) = fields.next_entry()? {
                    object.0.insert(name, value);
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A field's name. Half of a surrogate pair becomes U+FFFD, so such a name matches no field that a request has.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_bytes<E>(self, name: &'de [u8]) -> Result<Name<'de>, E> {
                Ok(Name(String::from_utf8_lossy(name)))
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<Name<'de>, E> {
                Ok(Name(String::from_utf8_lossy(name).into_owned().into()))
            }
        }
        // Not as text, which has to be well-formed.
        deserializer.deserialize_bytes(NameVisitor)
    }
}

/// Reads a string; `None` for any other value.
pub(super) fn string(value: &RawValue) -> Option<Result<String, String>> {
    let json = value.get();
    json.starts_with('"').then(|| well_formed(json))
}

/// Returns the elements of an array; `None` for any other value.
pub(super) fn array(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// Reads metadata: an object, kept in its canonical form, numbers digit for digit. The error says what is wrong with it.
pub fn metadata(value: &RawValue) -> Result<Metadata, String> {
    if !value.get().starts_with('{') {
        return Err("must be an object".into());
    }
    Ok(Metadata::from_canonical_json(&canonical(value)?))
}

/// Returns the canonical text of a value: no insignificant white space, names sorted, numbers digit for digit.
///
/// Fails for a value that nests deeper than [`limits::METADATA_DEPTH_MAX`], for NUL, which Postgres text cannot hold, for half
/// of a surrogate pair, and for a number beyond the range of a double.
fn canonical(value: &RawValue) -> Result<String, String> {
    let mut json = String::with_capacity(value.get().len());
    write(value, limits::METADATA_DEPTH_MAX, &mut json)?;
    Ok(json)
}

/// Parses a value whose syntax is known to be right: all that can be wrong is a text in it.
fn well_formed<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, String> {
    serde_json::from_str(json).map_err(|_| "has half of a surrogate pair, which is no character".to_owned())
}

fn write(value: &RawValue, depth: usize, out: &mut String) -> Result<(), String> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 => Err(Invalid::TooDeep { depth_max: limits::METADATA_DEPTH_MAX }.to_string()),
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = well_formed(json)?;
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
            for (at, value) in well_formed::<Vec<&RawValue>>(json)?.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(value, depth - 1, out)?;
            }
            out.push(']');
            Ok(())
        }
        Some(b'"') => write_string(&well_formed::<String>(json)?, out),
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
        return Err(Invalid::Nul.to_string());
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
            (r#"{"a":"\u0000"}"#, "U+0000"),
            (r#"{"\u0000":1}"#, "U+0000"),
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
        let fields: Vec<_> = object.0.iter().map(|(name, value)| (&**name, value.get())).collect();
        assert_eq!(fields, [("a", r#""\ud83d""#), ("\u{fffd}\u{fffd}\u{fffd}", "2")]);
    }
}
