//! What was said, by whom: flags, then the environment, then a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Error;
use super::origin::Origin;
use super::setting::{PREFIX, variable_of};
use super::unknown;

/// The sources, in their order of precedence.
pub(super) struct Layers {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, InFile>,
    path: PathBuf,
}

struct InFile {
    text: String,
    line: usize,
}

/// What was said for a key, and by whom.
pub(super) struct Said {
    pub(super) text: String,
    pub(super) origin: Origin,
}

impl Layers {
    /// `flags` by key, `environment` by variable, `file` as TOML.
    pub(super) fn new(
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, Error> {
        let (path, text) = file.unwrap_or((Path::new(""), ""));
        let mut reading = FileReading { path, text, values: BTreeMap::new() };
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            // Only the message: an error shown in full quotes the line, which may hold a secret.
            reading.wrong(at, error.message().trim().replace('\n', "; "))
        })?;
        reading.take("", table.get_ref())?;
        Ok(Self {
            flags: flags.into_iter().collect(),
            // An empty variable counts as unset: that is what shells and compose files mean by it.
            environment: environment.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            file: reading.values,
            path: path.to_owned(),
        })
    }

    /// What was said for a key.
    pub(super) fn said(&self, key: &str) -> Option<Said> {
        if let Some(text) = self.flags.get(key) {
            return Some(Said { text: text.clone(), origin: Origin::Flag });
        }
        let variable = variable_of(key);
        if let Some(text) = self.environment.get(&variable) {
            return Some(Said { text: text.clone(), origin: Origin::Variable(variable) });
        }
        let InFile { text, line } = self.file.get(key)?;
        Some(Said { text: text.clone(), origin: Origin::File { path: self.path.clone(), line: *line } })
    }

    /// Refuses whatever was said for something else than these keys. Of variables only those that look like ours count.
    pub(super) fn refuse_others(&self, keys: &BTreeSet<&'static str>) -> Result<(), Error> {
        let flags = self.flags.keys().map(|key| (key, Origin::Flag));
        let in_file = self.file.iter().map(|(key, InFile { line, .. })| {
            let origin = Origin::File { path: self.path.clone(), line: *line };
            (key, origin)
        });
        if let Some((key, origin)) = flags.chain(in_file).find(|(key, _)| !keys.contains(key.as_str())) {
            return Err(Error::Unknown { name: key.clone(), origin, hint: unknown::hint_for_key(key, keys) });
        }
        let variables: BTreeSet<String> = keys.iter().map(|key| variable_of(key)).collect();
        let ours = self.environment.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let mut unknown = ours.filter(|(name, _)| !variables.contains(name.as_str()));
        match unknown.find(|(name, value)| !unknown::is_of_others(name, value)) {
            None => Ok(()),
            Some((name, _)) => {
                let hint = unknown::hint_for_variable(name, keys);
                Err(Error::Unknown { name: name.clone(), origin: Origin::Variable("the environment".into()), hint })
            }
        }
    }
}

/// Writes a file's tables as dotted keys.
struct FileReading<'a> {
    path: &'a Path,
    text: &'a str,
    values: BTreeMap<String, InFile>,
}

impl FileReading<'_> {
    fn take(&mut self, prefix: &str, table: &DeTable<'_>) -> Result<(), Error> {
        for (name, value) in table {
            let at = name.span().start;
            let key =
                if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
            let no_value = || format!("{key} must be a number, a text, true, false, or an array of texts");
            let text = match value.get_ref() {
                DeValue::Table(inner) => {
                    self.take(&key, inner)?;
                    continue;
                }
                DeValue::Array(items) => {
                    let items: Option<Vec<String>> = items.iter().map(Spanned::get_ref).map(scalar).collect();
                    items.ok_or_else(|| self.wrong(at, no_value()))?.join(",")
                }
                value => scalar(value).ok_or_else(|| self.wrong(at, no_value()))?,
            };
            let line = self.line_at(at);
            self.values.insert(key, InFile { text, line });
        }
        Ok(())
    }

    fn wrong(&self, at: usize, problem: String) -> Error {
        Error::File { path: self.path.to_owned(), line: self.line_at(at), problem }
    }

    fn line_at(&self, at: usize) -> usize {
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().replace('_', "")),
        DeValue::Integer(number) => i128::from_str_radix(&number.as_str().replace('_', ""), number.radix())
            .ok()
            .map(|number| number.to_string()),
        DeValue::Float(number) => Some(number.as_str().replace('_', "")),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}
