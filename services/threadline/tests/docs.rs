//! The pages of `docs/` that the program makes are what it says now. `make docs` makes them anew.

use std::path::Path;

/// Compares a page with what the program says, or writes it, when `UPDATE_DOCS` is set.
fn compare(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs/");
        std::fs::write(&path, page).expect("the page is written");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(page.lines()).find(|(written, now)| written != now);
    assert!(written == page, "docs/{name} is not current, run `make docs`; first difference: {differs:#?}");
}

#[test]
fn the_page_of_settings_is_current() {
    compare("configuration.md", &threadline::config::markdown().expect("a page"));
}

#[test]
fn the_page_of_metrics_is_current() {
    compare("metrics.md", &threadline::telemetry::markdown());
}

/// Names say what Prometheus wants to know: whose they are, what they count, and in which unit.
#[test]
fn metrics_are_named_alike() {
    use threadline_metrics::{Kind, Unit};

    let mut names = std::collections::BTreeSet::new();
    for metric in threadline::telemetry::metrics() {
        let name = metric.name;
        assert!(names.insert(name), "{name} stands in two tables");
        let roles = ["edge", "operations", "decider", "projector", "eventlog", "sealing"];
        let rest = name.strip_prefix("threadline_").expect("our prefix");
        assert!(roles.iter().any(|role| rest.starts_with(&format!("{role}_"))), "{name} says whose it is");
        assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}: only counters end so");
        let unit_suffix = match metric.unit {
            Unit::Bytes => name.trim_end_matches("_total").ends_with("_bytes"),
            Unit::Seconds => name.trim_end_matches("_total").ends_with("_seconds"),
            Unit::Count => {
                !["_bytes", "_seconds", "_ms", "_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end))
            }
        };
        assert!(unit_suffix, "{name} ends with its unit");
        assert!(metric.help.ends_with('.') && metric.help.len() > 10, "{name} says what it means");
    }
}
