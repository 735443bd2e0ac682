//! Strict reading of a JSON object: every field is asked for, and none may be left over.

use std::str::FromStr;

use serde_json::value::RawValue;
use threadline_domain::{Invalid, MessageId, Metadata, Text, ThreadId, UserId};
use uuid::Uuid;

use super::raw::{self, Object};
use crate::RequestError;

/// Characters of a client's own field name that an error repeats.
const ECHO_CHARS_MAX: usize = 64;

/// The fields of an object that were not yet asked for.
pub(crate) struct Fields<'a> {
    /// What stands before a field's name in errors, such as `message.`.
    path: &'static str,
    fields: Object<'a>,
}

impl<'a> Fields<'a> {
    /// The fields of a JSON object; otherwise the text says what it is instead.
    pub(crate) fn parse(json: &'a [u8]) -> Result<Self, String> {
        match serde_json::from_slice(json) {
            Ok(fields) => Ok(Self { path: "", fields }),
            Err(error) if error.is_data() => Err("is not a JSON object".into()),
            Err(error) => Err(format!("is not JSON: {error}")),
        }
    }

    /// Refuses a field that nobody asked for.
    pub(crate) fn end(self) -> Result<(), RequestError> {
        match self.fields.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(self.invalid(name, "is not a field of this request")),
        }
    }

    pub(crate) fn invalid(&self, name: &str, detail: impl Into<String>) -> RequestError {
        let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
        RequestError::invalid(format!("{}{name}", self.path), detail)
    }

    /// A field's value; null counts as absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.fields.0.remove(name).filter(|value| value.get() != "null")
    }

    /// A string, or null, or nothing.
    #[allow(clippy::option_option, reason = "null and absence differ where a text can be taken away")]
    pub(crate) fn nullable_text(&mut self, name: &str) -> Result<Option<Option<Text>>, RequestError> {
        match self.fields.0.get(name) {
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
        match self.optional_opaque(name)? {
            Some(text) if text.contains('\0') => Err(self.invalid(name, Invalid::Nul.to_string())),
            text => Ok(text),
        }
    }

    /// A string that goes nowhere: any character may stand in it.
    pub(crate) fn optional_opaque(&mut self, name: &str) -> Result<Option<String>, RequestError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let text = raw::string(value).unwrap_or_else(|| Err("must be a string".into()));
        text.map(Some).map_err(|detail| self.invalid(name, detail))
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
        let value = self.required(name, value)?;
        let Some(ids) = raw::array(value) else {
            return Err(self.invalid(name, "must be an array of user ids"));
        };
        let read = |(at, id): (usize, &RawValue)| {
            let id = raw::string(id).unwrap_or_else(|| Err("must be a string".into()));
            id.and_then(|id| UserId::new(&id).map_err(|reason| reason.to_string())).map_err(|detail| (at, detail))
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
        let number = value.get().parse::<i64>().ok().and_then(|number| u64::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.invalid(name, "must be an integer from 0 on"))
    }

    pub(crate) fn optional_metadata(&mut self, name: &str) -> Result<Option<Metadata>, RequestError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        raw::metadata(value).map(Some).map_err(|detail| self.invalid(name, detail))
    }

    /// An object in this one; `path` is its name with a dot.
    pub(crate) fn object(&mut self, name: &str, path: &'static str) -> Result<Self, RequestError> {
        let value = self.take(name);
        let value = self.required(name, value)?;
        let fields = serde_json::from_str(value.get()).map_err(|_| self.invalid(name, "must be an object"))?;
        Ok(Self { path, fields })
    }

    pub(crate) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, RequestError> {
        value.ok_or_else(|| self.invalid(name, "is missing"))
    }
}
