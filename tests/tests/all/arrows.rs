//! The layout and its arrows, held against Cargo's own metadata and the files themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which of our crates each crate may use. The tests may use all of them.
const ARROWS: [(&str, &[&str]); 11] = [
    ("threadline-metrics", &[]),
    ("threadline-domain", &[]),
    ("threadline-wire", &["threadline-domain"]),
    ("threadline-sealing", &["threadline-domain", "threadline-metrics"]),
    ("threadline-eventlog", &["threadline-wire", "threadline-domain", "threadline-metrics"]),
    ("threadline-projections", &["threadline-domain"]),
    ("threadline-hub", &["threadline-wire", "threadline-domain"]),
    (
        "threadline-decider",
        &["threadline-eventlog", "threadline-projections", "threadline-domain", "threadline-metrics"],
    ),
    (
        "threadline-projector",
        &["threadline-eventlog", "threadline-projections", "threadline-domain", "threadline-metrics"],
    ),
    (
        "threadline-edge",
        &[
            "threadline-hub",
            "threadline-eventlog",
            "threadline-sealing",
            "threadline-projections",
            "threadline-wire",
            "threadline-domain",
            "threadline-metrics",
        ],
    ),
    (
        "threadline",
        &[
            "threadline-domain",
            "threadline-wire",
            "threadline-eventlog",
            "threadline-sealing",
            "threadline-projections",
            "threadline-decider",
            "threadline-projector",
            "threadline-edge",
            "threadline-metrics",
        ],
    ),
];

/// Crates of others that only some of ours may use.
const KEEPERS: [(&str, &[&str]); 5] = [
    ("rdkafka", &["threadline-eventlog"]),
    ("apache-avro", &["threadline-wire"]),
    ("sqlx", &["threadline-eventlog", "threadline-sealing", "threadline-projections", "threadline"]),
    ("chacha20poly1305", &["threadline-sealing"]),
    ("axum", &["threadline-edge", "threadline"]),
];

/// All that may lie at the top, besides names that begin with a dot.
const TOP: [&str; 17] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "deny.toml",
    "docker-compose.yml",
    "docs",
    "migrations",
    "rustfmt.toml",
    "schemas",
    "scripts",
    "services",
];

/// Likewise: parts with packages of their own, what a build leaves, and a developer's own settings.
const TOP_TOO: [&str; 4] = ["clients", "target", "tests", "threadline.toml"];

/// A module of such a name holds whatever found no place.
const NAMELESS: [&str; 6] = ["common", "core", "helpers", "misc", "util", "utils"];

#[test]
fn every_crate_uses_only_what_its_arrows_allow() {
    let metadata = metadata();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let ours: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    for package in crates(&metadata) {
        let name = package.name.as_str();
        let allowed = arrows.get(name).unwrap_or_else(|| panic!("{name} has no arrows: say in ARROWS what it may use"));
        for used in normal(package).filter(|used| ours.contains(used)) {
            assert!(allowed.contains(&used), "{name} must not use {used}");
        }
    }
}

#[test]
fn what_has_a_keeper_is_used_by_no_other_crate() {
    let metadata = metadata();
    for package in crates(&metadata) {
        for (used, keepers) in KEEPERS {
            let uses = normal(package).any(|name| name == used);
            assert!(!uses || keepers.contains(&package.name.as_str()), "{} must not use {used}", package.name);
        }
    }
}

#[test]
fn the_domain_uses_nothing_but_uuid() {
    let metadata = metadata();
    let domain = crates(&metadata).find(|package| package.name == "threadline-domain").expect("the domain is a crate");
    assert_eq!(normal(domain).collect::<Vec<_>>(), ["uuid"]);
}

#[test]
fn the_top_level_holds_what_the_layout_names() {
    let metadata = metadata();
    for name in names_in(metadata.workspace_root.as_std_path()) {
        let is_known = name.starts_with('.') || TOP.contains(&name.as_str()) || TOP_TOO.contains(&name.as_str());
        assert!(is_known, "{name} has no place at the top level");
    }
}

#[test]
fn no_module_is_named_after_nothing() {
    fn look(directory: &Path) {
        for name in names_in(directory) {
            let stem = name.strip_suffix(".rs").unwrap_or(&name);
            assert!(!NAMELESS.contains(&stem), "{}/{name} says nothing about what it holds", directory.display());
            let path = directory.join(&name);
            if path.is_dir() {
                look(&path);
            }
        }
    }
    let metadata = metadata();
    for package in metadata.workspace_packages() {
        let home = package.manifest_path.parent().expect("a manifest lies in a directory");
        look(&home.join("src").into_std_path_buf());
    }
}

fn metadata() -> Metadata {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo describes the workspace")
}

/// Our crates, the tests left out.
fn crates(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.workspace_packages().into_iter().filter(|package| package.name != "threadline-tests")
}

fn normal(package: &Package) -> impl Iterator<Item = &str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
    normal.map(|dependency| dependency.name.as_str())
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    entries.map(|entry| entry.expect("an entry can be read").file_name().to_string_lossy().into_owned()).collect()
}
