//! Names that are no setting's: what may have been meant, and which are not for us.

use std::collections::BTreeSet;

use super::setting::{PREFIX, variable_of};

/// Variables of the scripts and tests beside the program, which may be set where it starts.
const OF_SCRIPTS: [&str; 8] = [
    "THREADLINE_BIN",
    "THREADLINE_CORPUS",
    "THREADLINE_KAFKA_DIR",
    "THREADLINE_KAFKA_HEAP",
    "THREADLINE_KAFKA_NODE_SETTINGS",
    "THREADLINE_KAFKA_PORT",
    "THREADLINE_TEST_ARTIFACTS",
    "THREADLINE_URL",
];

/// Whether a variable that starts like ours was set by and for others: by our scripts, or by Kubernetes and Docker, which
/// announce a service called `threadline` by variables of its name.
pub(super) fn is_of_others(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_announced = name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| name.contains("_PORT_") && name.contains(protocol))
        || (name.ends_with("_PORT") && is_address);
    OF_SCRIPTS.contains(&name) || is_announced
}

/// What to say about a key that nothing has.
pub(super) fn hint_for_key(key: &str, keys: &BTreeSet<&'static str>) -> String {
    match nearest(key, keys) {
        Some(near) => format!("did you mean {near}? `threadline config` lists all settings"),
        None => "`threadline config` lists all settings".into(),
    }
}

/// What to say about a variable that nothing has.
pub(super) fn hint_for_variable(name: &str, keys: &BTreeSet<&'static str>) -> String {
    let key = name.strip_prefix(PREFIX).unwrap_or(name).to_ascii_lowercase();
    match nearest(&key, keys) {
        Some(near) => format!("did you mean {}, for {near}? `threadline config` lists all settings", variable_of(near)),
        None => "`threadline config` lists all settings and their variables".into(),
    }
}

/// The setting with the most similar name, if one is similar. The part of the program may be missing.
fn nearest(name: &str, keys: &BTreeSet<&'static str>) -> Option<&'static str> {
    let name = name.replace('.', "_");
    let changes = |key: &&'static str| {
        let last = key.rsplit('.').next().unwrap_or(key);
        changes_between(&name, &key.replace('.', "_")).min(1 + changes_between(&name, last))
    };
    let near = keys.iter().copied().min_by_key(changes)?;
    (changes(&near) <= (name.len() / 3).max(2)).then_some(near)
}

/// How many characters must be added, removed or replaced to make one word of the other.
fn changes_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, a) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_by_the_fewest_changes() {
        for (one, other, changes) in
            [("", "abc", 3), ("listn", "listen", 1), ("burst", "burts", 2), ("same", "same", 0)]
        {
            assert_eq!(changes_between(one, other), changes, "{one} {other}");
        }
    }

    #[test]
    fn a_misspelt_name_leads_to_the_one_that_was_meant() {
        let keys = BTreeSet::from(["edge.listen", "edge.rate_burst", "telemetry.level", "auth.issuer"]);
        assert_eq!(nearest("edge.listn", &keys), Some("edge.listen"));
        assert_eq!(nearest("listn", &keys), Some("edge.listen"));
        assert_eq!(nearest("listen", &keys), Some("edge.listen"));
        assert_eq!(nearest("rate_burst", &keys), Some("edge.rate_burst"));
        assert_eq!(nearest("colour.of.the.sky", &keys), None);
    }

    #[test]
    fn what_platforms_set_for_a_service_of_our_name_is_not_for_us() {
        assert!(is_of_others("THREADLINE_SERVICE_HOST", "10.0.0.1"));
        assert!(is_of_others("THREADLINE_EDGE_SERVICE_PORT_HTTP", "80"));
        assert!(is_of_others("THREADLINE_EDGE_PORT", "tcp://10.0.0.1:80"));
        assert!(is_of_others("THREADLINE_EDGE_PORT_80_TCP_ADDR", "10.0.0.1"));
        assert!(!is_of_others("THREADLINE_EDGE_PORT", "8080"));
    }
}
