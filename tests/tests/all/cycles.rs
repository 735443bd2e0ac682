//! No two files of a crate need each other, directly or by a detour: read from their `use` lines.
//!
//! A re-export (`pub use`) is no need of its own: whoever names it needs the file that it comes from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;

#[test]
fn no_two_files_need_each_other() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo describes the workspace");
    let mut found = BTreeSet::new();
    for package in metadata.workspace_packages() {
        let home = package.manifest_path.parent().expect("a manifest lies in a directory").join("src");
        let files = Files::read(home.as_std_path());
        found.extend(files.cycles().into_iter().map(|files| (package.name.to_string(), files)));
    }
    assert!(found.is_empty(), "files need each other; what they share belongs into a third: {found:#?}");
}

#[test]
fn a_detour_and_a_re_export_are_followed() {
    let files = Files::of(&[
        ("lib", "mod a; mod b; mod c; mod d; pub use c::Shown;\npub use d::{Other, Deep as Renamed};"),
        ("a", "use crate::b::{self, Thing};\nuse std::fmt;"),
        ("b", "use super::Shown;\n"),
        ("c", "use crate::{\n    Renamed,\n};\n"),
        ("d", "// use crate::a::Nothing;\n#[cfg(test)]\nmod tests { use crate::a; }\n"),
    ]);
    assert_eq!(files.needs["a"], BTreeSet::from(["b".to_owned()]));
    assert_eq!(files.needs["b"], BTreeSet::from(["c".to_owned()]));
    assert_eq!(files.needs["c"], BTreeSet::from(["d".to_owned()]));
    assert!(files.needs["d"].is_empty() && files.cycles().is_empty());

    let files = Files::of(&[
        ("lib", "mod a; mod b;"),
        ("a", "use crate::b::inner::Deep;"),
        ("b", "pub mod inner;"),
        ("b::inner", "use super::super::a::Thing;\nfn f() { crate::a::g(); }"),
    ]);
    let names = ["a", "b::inner"].map(str::to_owned);
    assert_eq!(files.cycles(), [BTreeSet::from(names)]);
}

/// A crate's files by module path, `lib` being the root, with the files that each one needs.
struct Files {
    needs: BTreeMap<String, BTreeSet<String>>,
}

impl Files {
    fn read(home: &Path) -> Self {
        let mut texts = Vec::new();
        look(home, &mut Vec::new(), &mut texts);
        Self::of(&texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>())
    }

    fn of(texts: &[(&str, &str)]) -> Self {
        let used: BTreeMap<&str, Vec<Use>> = texts.iter().map(|(name, text)| (*name, uses(name, text))).collect();
        let needs = used.iter().map(|(name, uses)| {
            let needed = uses.iter().filter(|one| !one.is_shown).filter_map(|one| resolve(&used, &one.path, 0));
            ((*name).to_owned(), needed.filter(|needed| needed != name).collect())
        });
        Self { needs: needs.collect() }
    }

    /// Groups of files that all need each other.
    fn cycles(&self) -> Vec<BTreeSet<String>> {
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            self.needs.keys().map(|name| (name.as_str(), self.reach(name))).collect();
        let mut cycles: Vec<BTreeSet<String>> = Vec::new();
        for (name, reach) in &reached {
            let group: BTreeSet<String> =
                reach.iter().filter(|other| reached[**other].contains(name)).map(|other| (*other).to_owned()).collect();
            if !group.is_empty() && !cycles.contains(&group) {
                cycles.push(group);
            }
        }
        cycles
    }

    fn reach<'a>(&'a self, name: &str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = self.needs[name].iter().map(String::as_str).collect();
        while let Some(next) = open.pop() {
            if reached.insert(next) {
                open.extend(self.needs[next].iter().map(String::as_str));
            }
        }
        reached
    }
}

fn look(directory: &Path, module: &mut Vec<String>, texts: &mut Vec<(String, String)>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    paths.sort();
    for path in paths {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            module.push(stem);
            look(&path, module, texts);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let is_root = matches!(stem.as_str(), "mod" | "lib" | "main");
            let name = module.iter().cloned().chain((!is_root).then_some(stem)).collect::<Vec<_>>().join("::");
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            texts.push((if name.is_empty() { "lib".into() } else { name }, text));
        }
    }
}

/// A path that a file names, from the crate's root on.
struct Use {
    path: Vec<String>,
    /// The name by which it is shown to others, for a re-export.
    name: String,
    is_shown: bool,
}

/// What a file names of its own crate, tests left out.
fn uses(file: &str, text: &str) -> Vec<Use> {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("use ") {
        let before = &rest[..at];
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        rest = &rest[at + "use ".len()..];
        if !(line.is_empty() || line.ends_with("pub") || (line.contains("pub(") && line.ends_with(')'))) {
            continue;
        }
        let Some(end) = rest.find(';') else { break };
        let tree: String = rest[..end].split_whitespace().collect::<Vec<_>>().join(" ");
        for (path, name) in expand("", &tree) {
            if let Some(path) = from_root(file, &path, !line.is_empty()) {
                found.push(Use { path, name, is_shown: !line.is_empty() });
            }
        }
        rest = &rest[end..];
    }
    // Paths in the code itself.
    for word in code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        if (word.starts_with("crate::") || word.starts_with("super::")) && !word.ends_with(':') {
            found.extend(from_root(file, word, false).map(|path| Use { path, name: String::new(), is_shown: false }));
        }
    }
    found
}

/// The paths of a use tree, each with the name it gets.
fn expand(prefix: &str, tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.split_once('{') {
        let inner = inner.trim_end().strip_suffix('}').unwrap_or(inner);
        let (mut depth, mut start, mut all) = (0, 0, Vec::new());
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    all.extend(expand(&format!("{prefix}{head}"), &inner[start..at]));
                    start = at + 1;
                }
                _ => {}
            }
        }
        return all;
    }
    if tree.is_empty() {
        return Vec::new();
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, tree.rsplit("::").next().unwrap_or(tree)));
    vec![(format!("{prefix}{path}").trim_end_matches("::self").to_owned(), name.trim().to_owned())]
}

/// The path from the crate's root on; `None` when it leads to another crate. A re-export may name a child as it is.
fn from_root(file: &str, path: &str, is_shown: bool) -> Option<Vec<String>> {
    let mut at: Vec<String> = if file == "lib" { Vec::new() } else { file.split("::").map(str::to_owned).collect() };
    let mut segments = path.split("::").map(|segment| segment.trim().to_owned()).peekable();
    match segments.peek()?.as_str() {
        "crate" => {
            segments.next();
            at.clear();
        }
        "self" => drop(segments.next()),
        "super" => {
            while segments.next_if(|segment| segment == "super").is_some() {
                at.pop();
            }
        }
        _ if is_shown => {}
        _ => return None,
    }
    at.extend(segments);
    Some(at)
}

/// The file that holds what a path names: the deepest module on its way, or what that one re-exports.
fn resolve(used: &BTreeMap<&str, Vec<Use>>, path: &[String], depth: usize) -> Option<String> {
    let module = |length: usize| if length == 0 { "lib".to_owned() } else { path[..length].join("::") };
    let length = (0..=path.len()).rev().find(|length| used.contains_key(module(*length).as_str()))?;
    let file = module(length);
    if let Some(name) = path.get(length)
        && depth < 8
    {
        let shown = used[file.as_str()].iter().filter(|one| one.is_shown);
        for one in shown {
            if one.name == *name || (one.name == "*" && one.path.len() > 1) {
                let mut path = one.path.clone();
                if one.name == "*" {
                    path.pop();
                    path.push(name.clone());
                }
                let origin = resolve(used, &path, depth + 1);
                if one.name == *name || origin.as_ref().is_some_and(|origin| *origin != file) {
                    return origin;
                }
            }
        }
    }
    Some(file)
}
