//! Strict reading of a JSON object: every field is asked for, and none may be left over.

use std::str::FromStr;

use serde_json::{Map, Value};
use threadline_domain::{Invalid, MessageId, Metadata, Text, ThreadId, UserId};
use uuid::Uuid;

use crate::RequestError;

/// Characters of a client's own field name that an error repeats.
const ECHO_CHARS_MAX: usize = 64;

/// The fields of an object that were not yet asked for.
pub(crate) struct Fields {
    /// What stands before a field's name in errors, such as `message.`.
    path: &'static str,
    map: Map<String, Value>,
}

impl Fields {
    /// The fields of a JSON object; otherwise the text says what it is instead.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        match serde_json::from_slice(json) {
            Ok(Value::Object(map)) => Ok(Self { path: "", map }),
            Ok(_) => Err("is not a JSON object".into()),
            Err(error) => Err(format!("is not JSON: {error}")),
        }
    }

    /// Refuses a field that nobody asked for.
    pub(crate) fn end(self) -> Result<(), RequestError> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.invalid(name, "is not a field of this request")),
        }
    }

    pub(crate) fn invalid(&self, name: &str, detail: impl Into<String>) -> RequestError {
        let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
        RequestError::invalid(format!("{}{name}", self.path), detail)
    }

    /// A field's value; null counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    /// A string, or null, or nothing.
    #[allow(clippy::option_option, reason = "null and absence differ where a text can be taken away")]
    pub(crate) fn nullable_text(&mut self, name: &str) -> Result<Option<Option<Text>>, RequestError> {
        match self.map.get(name) {
            None => Ok(None),
            Some(_) => self.optional_text(name).map(|text| Some(text.map(Text::from))),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, RequestError> {
        let text = self.optional_text(name)?;
        self.required(name, text)
    }

    /// Postgres takes no NUL in a text, so none gets into the log.
    pub(crate) fn optional_text(&mut self, name: &str) -> Result<Option<String>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => Err(self.invalid(name, Invalid::Character.to_string())),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "must be a string")),
        }
    }

    /// A string that goes nowhere: any character may stand in it.
    pub(crate) fn optional_opaque(&mut self, name: &str) -> Result<Option<String>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "must be a string")),
        }
    }

    pub(crate) fn thread(&mut self, name: &str) -> Result<ThreadId, RequestError> {
        let id = self.optional_uuid(name)?;
        self.required(name, id).map(ThreadId)
    }

    pub(crate) fn message(&mut self, name: &str) -> Result<MessageId, RequestError> {
        let id = self.optional_message(name)?;
        self.required(name, id)
    }

    pub(crate) fn optional_message(&mut self, name: &str) -> Result<Option<MessageId>, RequestError> {
        Ok(self.optional_uuid(name)?.map(MessageId))
    }

    fn optional_uuid(&mut self, name: &str) -> Result<Option<Uuid>, RequestError> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.invalid(name, "must be a UUID"))
    }

    pub(crate) fn user(&mut self, name: &str) -> Result<UserId, RequestError> {
        let id = self.text(name)?;
        UserId::new(&id).map_err(|reason| self.invalid(name, reason.to_string()))
    }

    /// An array of user ids.
    pub(crate) fn users(&mut self, name: &str) -> Result<Vec<UserId>, RequestError> {
        let value = self.take(name);
        let Value::Array(ids) = self.required(name, value)? else {
            return Err(self.invalid(name, "must be an array of user ids"));
        };
        let read = |(at, id): (usize, Value)| match id {
            Value::String(id) => UserId::new(&id).map_err(|reason| (at, reason.to_string())),
            _ => Err((at, "must be a string".into())),
        };
        let users = ids.into_iter().enumerate().map(read).collect::<Result<_, _>>();
        users.map_err(|(at, detail)| self.invalid(&format!("{name}.{at}"), detail))
    }

    /// One of the names that `T` knows.
    pub(crate) fn named<T: FromStr>(&mut self, name: &str, names: &str) -> Result<Option<T>, RequestError> {
        let Some(text) = self.optional_text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.invalid(name, format!("must be one of {names}")))
    }

    /// An integer from 0 to 2^63 - 1.
    pub(crate) fn optional_number(&mut self, name: &str) -> Result<Option<u64>, RequestError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number = value.as_i64().and_then(|number| u64::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.invalid(name, "must be an integer from 0 on"))
    }

    pub(crate) fn optional_metadata(&mut self, name: &str) -> Result<Option<Metadata>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(value @ Value::Object(_)) if has_nul(&value) => {
                Err(self.invalid(name, Invalid::Character.to_string()))
            }
            Some(mut value @ Value::Object(_)) => {
                value.sort_all_objects();
                Ok(Some(Metadata::from_canonical_json(&value.to_string())))
            }
            Some(_) => Err(self.invalid(name, "must be an object")),
        }
    }

    /// An object in this one; `path` is its name with a dot.
    pub(crate) fn object(&mut self, name: &str, path: &'static str) -> Result<Self, RequestError> {
        let value = self.take(name);
        match self.required(name, value)? {
            Value::Object(map) => Ok(Self { path, map }),
            _ => Err(self.invalid(name, "must be an object")),
        }
    }

    pub(crate) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, RequestError> {
        value.ok_or_else(|| self.invalid(name, "is missing"))
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}
