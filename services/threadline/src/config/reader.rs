//! Reads settings one by one. Each call declares one setting, the only place that does: its key, what it can be, what it
//! means; its default is what the value holds before.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::error::Error;
use super::layers::{Layers, Said};
use super::origin::Origin;
use super::setting::{Setting, Spelling, variable_of};
use super::values::Value;

/// Shown in place of a secret.
const HIDDEN: &str = "(hidden)";

/// A setting in force, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The setting.
    pub setting: Setting,
    /// Its value, without what is secret; nothing when it is off.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
}

/// Reads settings, and notes each.
pub(super) struct Reader {
    layers: Layers,
    entries: Vec<Entry>,
}

/// What a setting is called and what it means.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) key: &'static str,
    pub(super) help: &'static str,
}

/// Names a setting.
pub(super) const fn named(key: &'static str, help: &'static str) -> Name {
    Name { key, help }
}

impl Reader {
    pub(super) const fn new(layers: Layers) -> Self {
        Self { layers, entries: Vec::new() }
    }

    /// A value of any kind.
    pub(super) fn value<T: Value>(&mut self, value: &mut T, name: Name) -> Result<(), Error> {
        self.checked(value, name, T::EXPECTED.into(), |_| true)
    }

    /// A number within bounds.
    pub(super) fn number<T: Value + PartialOrd>(
        &mut self,
        value: &mut T,
        bounds: RangeInclusive<T>,
        name: Name,
    ) -> Result<(), Error> {
        let expected = format!("{} from {} to {}", T::EXPECTED, bounds.start(), bounds.end());
        self.checked(value, name, expected, |value| bounds.contains(value))
    }

    /// A number within bounds, or nothing: no limit.
    pub(super) fn number_or_none<T: Value + PartialOrd>(
        &mut self,
        value: &mut Option<T>,
        bounds: RangeInclusive<T>,
        name: Name,
    ) -> Result<(), Error> {
        let expected = format!("{} from {} to {}", T::EXPECTED, bounds.start(), bounds.end());
        let setting = declare(name, expected, T::SPELLING, value.as_ref().map(T::to_string));
        let read = |text: &str| T::read(text).filter(|value| bounds.contains(value));
        if let Some(read) = self.read(setting, read, T::to_string)? {
            *value = Some(read);
        }
        Ok(())
    }

    /// A time in whole milliseconds, within bounds; the key ends with `_ms`.
    pub(super) fn milliseconds(
        &mut self,
        value: &mut Duration,
        bounds: RangeInclusive<u64>,
        name: Name,
    ) -> Result<(), Error> {
        self.time(value, bounds, Duration::from_millis, |time| time.as_millis() as u64, name)
    }

    /// A time in whole seconds, within bounds; the key ends with `_s`.
    pub(super) fn seconds(
        &mut self,
        value: &mut Duration,
        bounds: RangeInclusive<u64>,
        name: Name,
    ) -> Result<(), Error> {
        self.time(value, bounds, Duration::from_secs, |time| time.as_secs(), name)
    }

    fn time(
        &mut self,
        value: &mut Duration,
        bounds: RangeInclusive<u64>,
        of: impl Fn(u64) -> Duration,
        count: impl Fn(Duration) -> u64,
        name: Name,
    ) -> Result<(), Error> {
        let mut number = count(*value);
        self.number(&mut number, bounds, name)?;
        *value = of(number);
        Ok(())
    }

    /// A value that may be left out.
    pub(super) fn optional<T: Value>(&mut self, name: Name) -> Result<Option<T>, Error> {
        let setting = declare(name, T::EXPECTED.into(), T::SPELLING, None);
        self.read(setting, T::read, T::to_string)
    }

    /// A text that may be left out, of which `shown` is shown.
    pub(super) fn optional_text(
        &mut self,
        name: Name,
        expected: &str,
        is_right: impl Fn(&str) -> bool,
        shown: impl Fn(&str) -> String,
    ) -> Result<Option<String>, Error> {
        let setting = declare(name, expected.into(), Spelling::Text, None);
        let read = |text: &str| is_right(text).then(|| text.to_owned());
        self.read_shown(setting, read, |text| shown(text), |text| shown(text))
    }

    /// A text that is never shown, not even when it is wrong.
    pub(super) fn secret(
        &mut self,
        name: Name,
        expected: &str,
        is_right: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Error> {
        let setting = Setting { is_secret: true, ..declare(name, expected.into(), Spelling::Text, None) };
        let read = |text: &str| is_right(text).then(|| text.to_owned());
        self.read_shown(setting, read, |_| HIDDEN.into(), |text| format!("a text of {} bytes", text.len()))
    }

    /// One of some words.
    pub(super) fn choice<T: Copy + PartialEq>(
        &mut self,
        value: &mut T,
        words: &[(&'static str, T)],
        name: Name,
    ) -> Result<(), Error> {
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let expected = match all.as_slice() {
            [first @ .., last] => format!("{} or {last}", first.join(", ")),
            [] => String::new(),
        };
        let word_of = |value: &T| words.iter().find(|(_, of)| of == value).map_or("", |(word, _)| word).to_owned();
        let setting = declare(name, expected, Spelling::Text, Some(word_of(value)));
        let read = |text: &str| words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if let Some(read) = self.read(setting, read, word_of)? {
            *value = read;
        }
        Ok(())
    }

    /// A list, comma separated outside a file; each item must be right.
    pub(super) fn list(
        &mut self,
        name: Name,
        item: &str,
        is_right: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, Error> {
        let setting = declare(name, format!("a list, each item {item}"), Spelling::List, None);
        let said = self.layers.said(name.key);
        let text = said.as_ref().map(|said| said.text.as_str()).unwrap_or_default();
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
        let items: Vec<String> = items.map(str::to_owned).collect();
        let origin = said.map_or(Origin::Default, |said| said.origin);
        if let Some(wrong) = items.iter().find(|item| !is_right(item)) {
            return Err(Error::Value {
                key: name.key,
                expected: setting.expected,
                found: format!("{wrong:?}"),
                origin,
            });
        }
        let value = (!items.is_empty()).then(|| items.join(","));
        self.entries.push(Entry { setting, value, origin });
        Ok(items)
    }

    /// An error for a setting that was read: it does not go with others.
    pub(super) fn refusal(&self, key: &'static str, expected: impl Into<String>) -> Error {
        let entry = self.entries.iter().find(|entry| entry.setting.key == key);
        let found = entry.and_then(|entry| entry.value.clone()).unwrap_or_else(|| "unset".into());
        let origin = entry.map_or(Origin::Default, |entry| entry.origin.clone());
        Error::Value { key, expected: expected.into(), found, origin }
    }

    /// All that was read. Whatever else was said is refused.
    pub(super) fn finish(self) -> Result<Vec<Entry>, Error> {
        let keys: BTreeSet<_> = self.entries.iter().map(|entry| entry.setting.key).collect();
        self.layers.refuse_others(&keys)?;
        Ok(self.entries)
    }

    fn checked<T: Value>(
        &mut self,
        value: &mut T,
        name: Name,
        expected: String,
        is_right: impl Fn(&T) -> bool,
    ) -> Result<(), Error> {
        let setting = declare(name, expected, T::SPELLING, Some(value.to_string()));
        if let Some(read) = self.read(setting, |text| T::read(text).filter(&is_right), T::to_string)? {
            *value = read;
        }
        Ok(())
    }

    fn read<T>(
        &mut self,
        setting: Setting,
        read: impl FnOnce(&str) -> Option<T>,
        shown: impl FnOnce(&T) -> String,
    ) -> Result<Option<T>, Error> {
        self.read_shown(setting, read, shown, |text| {
            if text.parse::<f64>().is_ok() { text.into() } else { format!("{text:?}") }
        })
    }

    /// Reads what was said, if anything was, and notes the value that is in force.
    fn read_shown<T>(
        &mut self,
        setting: Setting,
        read: impl FnOnce(&str) -> Option<T>,
        shown: impl FnOnce(&T) -> String,
        shown_wrong: impl FnOnce(&str) -> String,
    ) -> Result<Option<T>, Error> {
        let Some(Said { text, origin }) = self.layers.said(setting.key) else {
            let value = setting.default.clone();
            self.entries.push(Entry { setting, value, origin: Origin::Default });
            return Ok(None);
        };
        let text = text.trim();
        let Some(value) = read(text) else {
            let Setting { key, expected, .. } = setting;
            return Err(Error::Value { key, expected, found: shown_wrong(text), origin });
        };
        self.entries.push(Entry { setting, value: Some(shown(&value)), origin });
        Ok(Some(value))
    }
}

fn declare(Name { key, help }: Name, expected: String, spelling: Spelling, default: Option<String>) -> Setting {
    Setting { key, variable: variable_of(key), help, expected, spelling, default, is_secret: false }
}
