//! As much of JSON Schema as our descriptions use; a word that is not known here is an error, not passed over.

use serde_json::{Map, Value};

/// Schemas by name.
pub(crate) struct Schemas(pub(crate) Map<String, Value>);

impl Schemas {
    #[track_caller]
    pub(crate) fn named(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or_else(|| panic!("there is no schema {name}"))
    }

    /// The schema itself where there is a reference to it.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(reference) => {
                let name = reference.strip_prefix("#/components/schemas/").expect("a schema's reference");
                self.resolve(self.named(name))
            }
        }
    }

    /// The one word that a property may be.
    pub(crate) fn constant<'a>(&'a self, schema: &'a Value, property: &str) -> &'a str {
        let schema = self.resolve(schema);
        let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        let mut words = parts.filter_map(|part| part["properties"][property]["enum"].as_array());
        match words.next().map(Vec::as_slice) {
            Some([Value::String(word)]) => word,
            other => panic!("{property} is no constant: {other:?}"),
        }
    }

    /// Panics when the value is not as described, or has fields that are not described.
    #[track_caller]
    pub(crate) fn check(&self, schema: &Value, value: &Value) {
        if let Err(error) = self.fits(schema, value, true) {
            panic!("{error} in {value}");
        }
    }

    /// `alone`: no other part of an `allOf` describes the same object.
    fn fits(&self, schema: &Value, value: &Value, alone: bool) -> Result<(), String> {
        let schema = self.resolve(schema);
        let words = schema.as_object().ok_or("a schema is no object")?;
        for (word, rule) in words {
            match word.as_str() {
                // Said for people; limits are held elsewhere.
                "title" | "description" | "example" | "maxLength" | "minLength" | "minimum" | "propertyNames"
                // Looked at together, below.
                | "properties" | "required" | "additionalProperties" => {}
                "type" => is_of(rule, value)?,
                "format" => has_format(rule, value)?,
                "enum" if rule.as_array().is_some_and(|all| all.contains(value)) => {}
                "enum" => return Err(format!("{value} is none of {rule}")),
                "maxItems" if value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap_or(0)) => {
                }
                "items" => {
                    for item in value.as_array().into_iter().flatten() {
                        self.fits(rule, item, true)?;
                    }
                }
                "oneOf" => self.one_of(rule, value, alone)?,
                "allOf" => self.all_of(rule, value)?,
                unknown => return Err(format!("the word {unknown} is not known here")),
            }
        }
        match value.as_object() {
            Some(fields) if words.contains_key("properties") || words.contains_key("additionalProperties") => {
                self.object(schema, fields, alone)
            }
            _ => Ok(()),
        }
    }

    fn object(&self, schema: &Value, fields: &Map<String, Value>, alone: bool) -> Result<(), String> {
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().expect("a name");
            fields.get(name).ok_or(format!("{name} is missing"))?;
        }
        for (name, value) in fields {
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(property), _) => self.fits(property, value, true).map_err(|error| format!("{name}: {error}"))?,
                (None, others @ Value::Object(_)) => self.fits(others, value, true)?,
                (None, _) if alone => return Err(format!("{name} is not described")),
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn one_of(&self, all: &Value, value: &Value, alone: bool) -> Result<(), String> {
        let all = all.as_array().ok_or("alternatives are a list")?;
        let tried: Vec<_> = all.iter().map(|schema| self.fits(schema, value, alone)).collect();
        match tried.iter().filter(|fit| fit.is_ok()).count() {
            1 => Ok(()),
            0 => {
                Err(format!("no alternative fits: {:?}", tried.into_iter().filter_map(Result::err).collect::<Vec<_>>()))
            }
            many => Err(format!("{many} alternatives fit")),
        }
    }

    fn all_of(&self, all: &Value, value: &Value) -> Result<(), String> {
        let all = all.as_array().ok_or("parts are a list")?;
        for part in all {
            self.fits(part, value, false)?;
        }
        let is_described = |name: &String| all.iter().any(|part| !self.resolve(part)["properties"][name].is_null());
        match value.as_object().and_then(|fields| fields.keys().find(|name| !is_described(name))) {
            Some(name) => Err(format!("{name} is described by no part")),
            None => Ok(()),
        }
    }
}

fn has_format(format: &Value, value: &Value) -> Result<(), String> {
    let Some(text) = value.as_str() else { return Ok(()) };
    let fits = match format.as_str() {
        Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
        Some("date-time") => text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T',
        _ => return Err(format!("the format {format} is not known here")),
    };
    if fits { Ok(()) } else { Err(format!("{text} is no {format}")) }
}

fn is_of(kinds: &Value, value: &Value) -> Result<(), String> {
    let fits = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    let any = kinds.as_array().map_or_else(|| fits(kinds), |kinds| kinds.iter().any(fits));
    if any { Ok(()) } else { Err(format!("{value} is not of type {kinds}")) }
}
