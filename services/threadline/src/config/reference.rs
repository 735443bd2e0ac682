//! Every setting written down: a page for readers, and a file to start from.

use std::fmt::Write;

use super::error::Error;
use super::setting::{Setting, Spelling};
use super::{Config, Entry, FILE};

const HEAD: &str = "# Configuration

Settings come from flags (`--set edge.rate_burst=500`), then from the environment, then from a file (`threadline.toml`, or the one
that `--config` names), then from the defaults below. `threadline config` prints all that are in force and where each comes from.
A setting's variable is `THREADLINE_` and its key in capitals with underscores for dots; six are named by others. A wrong value, a key
or a `THREADLINE_` variable that no setting has stops the start with one line that says what would be right. An empty variable counts
as unset. Variables that Kubernetes and Docker set for a service of this name are left alone.

A key ends with its unit: `_ms` milliseconds, `_s` seconds, `_bytes` bytes; `_max` bounds it. `retryable` means that clients get an
error that tells them to try again.

This page is made by `make docs`; a test compares it with the program.
";

/// The sections of the page, by the beginning of their keys; the last one that fits counts.
const SECTIONS: [(&str, &str, &str); 15] = [
    ("", "Every process", ""),
    ("telemetry.", "Logs", ""),
    ("health.", "Operation endpoints", ""),
    (
        "roster.",
        "Roles in operation",
        "Each role announces itself, so that nothing is written that a role cannot read.",
    ),
    ("database.", "Postgres", ""),
    ("log.", "The log in Postgres", "Used while `kafka.brokers` is unset."),
    ("kafka.", "The log on Kafka", "Used once `kafka.brokers` is set."),
    ("auth.", "Tokens", ""),
    ("seal", "Sealing", ""),
    ("decider.", "Decider", "Whatever is said for one partition, each partition has."),
    ("projector.", "Projector and rebuilds", ""),
    ("edge.", "Edge", ""),
    ("threads.", "Threads", ""),
    ("edge.hub.", "Edge: delivery", ""),
    ("edge.signals.", "Edge: typing and presence", ""),
];

/// All settings with their defaults as a page in Markdown.
pub fn markdown() -> Result<String, Error> {
    let entries = defaults()?;
    let mut page = HEAD.to_owned();
    for (index, (_, title, note)) in SECTIONS.iter().enumerate() {
        let of_section: Vec<_> = entries.iter().filter(|entry| section_of(entry.setting.key) == index).collect();
        let _ = write!(page, "\n## {title}\n\n");
        if !note.is_empty() {
            let _ = write!(page, "{note}\n\n");
        }
        page.push_str("| setting and variable | value | default | |\n|---|---|---|---|\n");
        for Entry { setting, .. } in of_section {
            let Setting { key, variable, expected, help, .. } = setting;
            let default = match &setting.default {
                Some(default) => format!("`{default}`"),
                None => "unset".into(),
            };
            let secret = if setting.is_secret { "; secret" } else { "" };
            let expected = expected.replace('|', "\\|");
            let _ = writeln!(page, "| `{key}`<br>`{variable}` | {expected}{secret} | {default} | {help} |");
        }
    }
    page.push_str(&limits());
    let _ = write!(page, "\n## A complete {FILE}\n\n```toml\n{}```\n", sample()?);
    Ok(page)
}

/// A configuration file that says every default. What has none stands in a comment.
pub fn sample() -> Result<String, Error> {
    let mut tables: Vec<(&str, Vec<&Setting>)> = Vec::new();
    let entries = defaults()?;
    for Entry { setting, .. } in &entries {
        let table = setting.key.rsplit_once('.').map_or("", |(table, _)| table);
        match tables.iter_mut().find(|(name, _)| *name == table) {
            Some((_, settings)) => settings.push(setting),
            None => tables.push((table, vec![setting])),
        }
    }
    // What stands in no table comes first, or it would belong to the table before it.
    tables.sort_by_key(|(table, _)| !table.is_empty());
    let mut file = String::new();
    for (table, settings) in tables {
        if !table.is_empty() {
            let _ = write!(file, "\n[{table}]\n");
        }
        for setting in settings {
            let name = setting.key.rsplit('.').next().unwrap_or(setting.key);
            let _ = writeln!(file, "# {}", setting.help);
            let _ = match (&setting.default, setting.spelling) {
                (Some(default), Spelling::Bare) => writeln!(file, "{name} = {default}"),
                (Some(default), _) => writeln!(file, "{name} = {default:?}"),
                (None, Spelling::List) => writeln!(file, "# {name} = []"),
                (None, Spelling::Bare) => writeln!(file, "# {name} ="),
                (None, Spelling::Text) => writeln!(file, "# {name} = \"\""),
            };
        }
    }
    Ok(file)
}

fn defaults() -> Result<Vec<Entry>, Error> {
    Ok(Config::read([], [], None)?.entries)
}

fn section_of(key: &str) -> usize {
    SECTIONS.iter().rposition(|(prefix, ..)| key.starts_with(prefix)).unwrap_or(0)
}

/// What cannot be set, because programs of different settings must agree on it.
fn limits() -> String {
    use threadline_domain::limits as domain;
    let limits = [
        ("characters of a message's content", domain::CONTENT_CHARS_MAX),
        ("bytes of metadata, as compact JSON", domain::METADATA_BYTES_MAX),
        ("levels of metadata", domain::METADATA_DEPTH_MAX),
        ("characters of a title", domain::TITLE_CHARS_MAX),
        ("characters of a thread's key", domain::THREAD_KEY_CHARS_MAX),
        ("characters of a user's id", domain::USER_ID_CHARS_MAX),
        ("members of a thread", domain::MEMBERS_MAX),
        ("members that a new thread begins with", domain::PARTICIPANTS_MAX),
        ("milliseconds that a message's id may be ahead of the time", domain::MESSAGE_ID_AHEAD_MS_MAX as usize),
        ("partitions of a topic", super::PARTITIONS_MAX as usize),
        ("bytes of a record in the log", threadline_eventlog::topics::RECORD_BYTES_MAX),
    ];
    let mut text =
        "\n## What cannot be set\n\nEvery process must agree on these.\n\n| limit | |\n|---|---|\n".to_owned();
    for (what, limit) in limits {
        let _ = writeln!(text, "| {what} | {limit} |");
    }
    text
}
