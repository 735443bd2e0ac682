//! The fields of a line, each asked for by its name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::value::RawValue;
use threadline_domain::{Actor, Metadata, Timestamp, UserId, text};
use threadline_wire::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::super::lines::Fault;
use super::super::records::OldId;
use super::AHEAD_MS_MAX;

/// Characters of an old id.
const OLD_ID_CHARS_MAX: usize = 200;
/// Characters of an unknown field's name that an error repeats.
const ECHO_CHARS_MAX: usize = 64;

/// The fields of a line that were not asked for yet. One that is null counts as absent.
pub(super) struct Fields<'a> {
    fields: BTreeMap<Cow<'a, str>, &'a RawValue>,
    now: Timestamp,
}

impl<'a> Fields<'a> {
    pub(super) fn parse(line: &'a [u8], now: Timestamp) -> Result<Self, Fault> {
        let line = std::str::from_utf8(line).map_err(|error| Fault::of_line(format!("is not UTF-8: {error}")))?;
        let fields = serde_json::from_str(line).map_err(|error| {
            let is_other_json = error.is_data();
            Fault::of_line(if is_other_json { "is not a JSON object".into() } else { format!("is not JSON: {error}") })
        })?;
        Ok(Self { fields, now })
    }

    /// Whether there is such a field.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.fields.remove(name).filter(|value| value.get() != "null")
    }

    /// A field that must be there.
    pub(super) fn required<T>(name: &'static str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| Fault::of(name, "is missing"))
    }

    /// A string.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Fault> {
        self.take(name).map(|value| string(name, value, "must be a string")).transpose()
    }

    /// A string, or an integer as it is written.
    fn id(&mut self, name: &'static str) -> Result<Option<String>, Fault> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let json = value.get();
        let digits = json.strip_prefix('-').unwrap_or(json);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Some(json.to_owned()));
        }
        string(name, value, "must be a string or an integer").map(Some)
    }

    /// What the old system calls a thread or a message.
    pub(super) fn old_id(&mut self, name: &'static str) -> Result<Option<OldId>, Fault> {
        let Some(id) = self.id(name)? else { return Ok(None) };
        text::check_line(&id, OLD_ID_CHARS_MAX).map_err(|reason| Fault::of(name, reason))?;
        Ok(Some(OldId(id.into())))
    }

    /// A user.
    pub(super) fn user(&mut self, name: &'static str) -> Result<Option<UserId>, Fault> {
        let Some(id) = self.id(name)? else { return Ok(None) };
        UserId::new(&id).map(Some).map_err(|reason| Fault::of(name, reason))
    }

    /// A user, or `service:<name>`.
    pub(super) fn actor(&mut self, name: &'static str) -> Result<Option<Actor>, Fault> {
        let Some(id) = self.id(name)? else { return Ok(None) };
        id.parse().map(Some).map_err(|reason| Fault::of(name, reason))
    }

    /// One of the names that `T` knows.
    pub(super) fn named<T: FromStr>(&mut self, name: &'static str, names: &str) -> Result<Option<T>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| Fault::of(name, format!("must be one of {names}")))
    }

    /// A text of one line.
    pub(super) fn line(&mut self, name: &'static str, chars_max: usize) -> Result<Option<Arc<str>>, Fault> {
        let Some(line) = self.text(name)? else { return Ok(None) };
        text::check_line(&line, chars_max).map_err(|reason| Fault::of(name, reason))?;
        Ok(Some(line.into()))
    }

    /// A message's text.
    pub(super) fn content(&mut self, name: &'static str) -> Result<Arc<str>, Fault> {
        let content = self.text(name)?;
        let content = Self::required(name, content)?;
        text::check_content(&content).map_err(|reason| Fault::of(name, reason))?;
        Ok(content.into())
    }

    /// A product's own data.
    pub(super) fn metadata(&mut self, name: &'static str) -> Result<Metadata, Fault> {
        let Some(value) = self.take(name) else { return Ok(Metadata::default()) };
        let metadata = json::metadata(value).map_err(|reason| Fault::of(name, reason))?;
        metadata.check().map_err(|reason| Fault::of(name, reason))?;
        Ok(metadata)
    }

    /// True or false; false when it is absent.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<bool, Fault> {
        match self.take(name).map(RawValue::get) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Fault::of(name, "must be true or false")),
        }
    }

    /// Leaves a field unread.
    pub(super) fn ignore(&mut self, name: &str) {
        self.take(name);
    }

    /// A time from 1970 on that is not in the future.
    pub(super) fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Fault> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let time = OffsetDateTime::parse(&text, &Rfc3339)
            .map_err(|_| Fault::of(name, "must be an RFC 3339 time with its offset, such as 2026-01-31T12:00:00Z"))?;
        let time = Timestamp((time.unix_timestamp_nanos() / 1_000_000) as i64);
        if time.millis() < 0 {
            return Err(Fault::of(name, "must not be before 1970"));
        }
        if time.millis() > self.now.millis() + AHEAD_MS_MAX {
            let minutes = AHEAD_MS_MAX / 60_000;
            return Err(Fault::of(name, format!("must not be in the future (by more than {minutes} minutes)")));
        }
        Ok(Some(time))
    }

    /// Refuses a field that nobody asked for; `what` has the fields `known`.
    pub(super) fn finish(self, what: &str, known: &str) -> Result<(), Fault> {
        match self.fields.into_keys().next() {
            None => Ok(()),
            Some(name) if name == "attachments" => {
                let reason = "attachments are not taken yet: leave the field out";
                Err(Fault::of("attachments", reason))
            }
            Some(name) => {
                let name: String = name.chars().take(ECHO_CHARS_MAX).collect();
                Err(Fault::of_line(format!("has an unknown field {name:?}: {what} has {known}")))
            }
        }
    }
}

fn string(name: &'static str, value: &RawValue, otherwise: &str) -> Result<String, Fault> {
    let json = value.get();
    if !json.starts_with('"') {
        return Err(Fault::of(name, otherwise));
    }
    // All else about its syntax was found to be right.
    serde_json::from_str(json).map_err(|_| Fault::of(name, "has half of a surrogate pair, which is no character"))
}
