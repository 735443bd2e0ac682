//! Where settings come from: flags, then the environment, then a file, then the default.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// What every variable of ours starts with.
const PREFIX: &str = "THREADLINE_";
/// Shown for a setting that has no value.
const UNSET: &str = "(unset)";

/// A setting that stops the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(pub String);

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A command-line flag.
    Flag,
    /// This environment variable.
    Variable(&'static str),
    /// The configuration file.
    File(PathBuf),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("flag"),
            Self::Variable(name) => f.write_str(name),
            Self::File(path) => path.display().fmt(f),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting in force, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name, such as `edge.listen`.
    pub key: &'static str,
    /// The variable that sets it.
    pub variable: &'static str,
    /// Its value; secrets are hidden.
    pub shown: String,
    /// Where it came from.
    pub origin: Origin,
}

/// A type that settings have.
pub(super) trait Value: Sized + fmt::Display {
    /// What must be said, such as `a whole number`.
    const EXPECTED: &'static str;

    fn read(text: &str) -> Option<Self>;
}

macro_rules! value {
    ($($type:ty: $expected:literal),+) => {
        $(impl Value for $type {
            const EXPECTED: &'static str = $expected;

            fn read(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        })+
    };
}

value!(u32: "a whole number", u64: "a whole number", usize: "a whole number", f64: "a number", bool: "true or false", String: "a text",
    SocketAddr: "an address such as 127.0.0.1:8080");

/// Reads settings one by one, and notes each.
pub(super) struct Layers {
    flags: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    path: PathBuf,
    entries: Vec<Entry>,
}

impl Layers {
    /// `flags` by key, `environment` by variable, `file` as TOML.
    pub(super) fn new(
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, Error> {
        let (path, text) = file.unwrap_or((Path::new(""), ""));
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Error(format!("{}, line {line}: {}", path.display(), error.message()))
        })?;
        let mut file = BTreeMap::new();
        flatten("", &table, &mut file).map_err(|key| Error(format!("{}: {key} is not a value", path.display())))?;
        Ok(Self {
            flags: flags.into_iter().collect(),
            // An empty variable counts as unset: that is what shells and compose files mean by it.
            environment: environment.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            file,
            path: path.to_owned(),
            entries: Vec::new(),
        })
    }

    /// A setting with a default.
    pub(super) fn value<T: Value>(
        &mut self,
        key: &'static str,
        variable: &'static str,
        default: T,
    ) -> Result<T, Error> {
        Ok(self.read(key, variable)?.unwrap_or_else(|| {
            self.note(key, variable, default.to_string(), Origin::Default);
            default
        }))
    }

    /// A setting with a default that is bounded on both sides.
    pub(super) fn within<T: Value + PartialOrd>(
        &mut self,
        key: &'static str,
        variable: &'static str,
        default: T,
        bounds: RangeInclusive<T>,
    ) -> Result<T, Error> {
        let value = self.value(key, variable, default)?;
        if bounds.contains(&value) {
            return Ok(value);
        }
        Err(Error(format!("{key} must be {} to {}, not {value}", bounds.start(), bounds.end())))
    }

    /// A setting that may be left out.
    pub(super) fn optional<T: Value>(&mut self, key: &'static str, variable: &'static str) -> Result<Option<T>, Error> {
        let value = self.read(key, variable)?;
        if value.is_none() {
            self.note(key, variable, UNSET.into(), Origin::Default);
        }
        Ok(value)
    }

    /// A setting that is never shown.
    pub(super) fn secret(&mut self, key: &'static str, variable: &'static str) -> Option<String> {
        self.shown_as(key, variable, |_| "(hidden)".into())
    }

    /// A setting of which only some is shown.
    pub(super) fn shown_as(
        &mut self,
        key: &'static str,
        variable: &'static str,
        shown: impl Fn(&str) -> String,
    ) -> Option<String> {
        let Some((text, origin)) = self.find(key, variable) else {
            self.note(key, variable, UNSET.into(), Origin::Default);
            return None;
        };
        self.note(key, variable, shown(&text), origin);
        Some(text)
    }

    /// A comma-separated list.
    pub(super) fn list(&mut self, key: &'static str, variable: &'static str) -> Vec<String> {
        let text = self.shown_as(key, variable, str::to_owned).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    /// All that was read. What is left over is a mistake: in the file and in flags an error, in the environment (which
    /// others use too) returned as the names of variables that mean nothing.
    pub(super) fn finish(self) -> Result<(Vec<Entry>, Vec<String>), Error> {
        let keys: BTreeSet<&str> = self.entries.iter().map(|entry| entry.key).collect();
        for (origin, layer) in [("a flag".to_owned(), &self.flags), (self.path.display().to_string(), &self.file)] {
            if let Some(key) = layer.keys().find(|key| !keys.contains(key.as_str())) {
                return Err(Error(format!(
                    "{key} is not a setting (from {origin}); `threadline config` lists them all"
                )));
            }
        }
        let variables: BTreeSet<&str> = self.entries.iter().map(|entry| entry.variable).collect();
        let unknown_variables = self.environment.into_keys();
        let unknown_variables =
            unknown_variables.filter(|name| name.starts_with(PREFIX) && !variables.contains(name.as_str()));
        Ok((self.entries, unknown_variables.collect()))
    }

    fn read<T: Value>(&mut self, key: &'static str, variable: &'static str) -> Result<Option<T>, Error> {
        let Some((text, origin)) = self.find(key, variable) else { return Ok(None) };
        let value = T::read(text.trim())
            .ok_or_else(|| Error(format!("{key} must be {}, not {text:?} (from {origin})", T::EXPECTED)))?;
        self.note(key, variable, value.to_string(), origin);
        Ok(Some(value))
    }

    fn find(&self, key: &str, variable: &'static str) -> Option<(String, Origin)> {
        None.or_else(|| Some((self.flags.get(key)?, Origin::Flag)))
            .or_else(|| Some((self.environment.get(variable)?, Origin::Variable(variable))))
            .or_else(|| Some((self.file.get(key)?, Origin::File(self.path.clone()))))
            .map(|(text, origin)| (text.clone(), origin))
    }

    fn note(&mut self, key: &'static str, variable: &'static str, shown: String, origin: Origin) {
        self.entries.push(Entry { key, variable, shown, origin });
    }
}

/// Writes a table as dotted keys; fails with the key of something that is no value.
fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) -> Result<(), String> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, into)?,
            toml::Value::Array(items) => {
                let items: Option<Vec<String>> = items.iter().map(scalar).collect();
                into.insert(key.clone(), items.ok_or(key)?.join(","));
            }
            other => {
                into.insert(key.clone(), scalar(other).ok_or(key)?);
            }
        }
    }
    Ok(())
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}
