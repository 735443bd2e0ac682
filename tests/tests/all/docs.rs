//! Every file says what it is, and so does every type, trait and function that other files use. Fields, variants and methods
//! whose names say it all need no words.

use std::path::{Path, PathBuf};

#[test]
fn every_file_begins_with_what_it_is() {
    let without: Vec<_> = sources().into_iter().filter(|source| !source.text.starts_with("//!")).collect();
    assert!(without.is_empty(), "these files lack a first line that begins with `//!`: {:?}", places(&without, &[1]));
}

#[test]
fn every_public_item_of_a_file_says_what_it_is() {
    let mut found = Vec::new();
    for source in sources() {
        let lines = undocumented(&source.text);
        if !lines.is_empty() {
            found.extend(places(&[source], &lines));
        }
    }
    assert!(found.is_empty(), "these items lack a comment that begins with `///`: {found:#?}");
}

#[test]
fn attributes_stand_between_words_and_item() {
    let text = "/// A.\n#[derive(\n    Debug,\n)]\npub struct A;\n\n#[derive(Debug)]\npub struct B;\n\npub use c::C;\npub fn d() {}\n";
    assert_eq!(undocumented(text), [8, 11]);
}

#[test]
fn every_decision_has_its_line_and_what_is_cited_is_there() {
    let decisions = root().join("docs/decisions");
    let index = std::fs::read_to_string(decisions.join("README.md")).expect("the index can be read");
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(&decisions).expect("the decisions can be listed") {
        let name = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
        let Some(number) = name.split_once('-').and_then(|(number, _)| number.parse::<u32>().ok()) else { continue };
        let text = std::fs::read_to_string(decisions.join(&name)).expect("a decision can be read");
        let title = text.lines().next().and_then(|line| line.strip_prefix(&format!("# {number}. ")));
        let title = title.unwrap_or_else(|| panic!("{name} does not begin with its number and title"));
        assert!(
            index.contains(&format!("| {number} | [{title}]({name}) |")),
            "the index lacks {name}, or its title differs"
        );
        for part in ["Context", "Decision", "Alternatives", "Consequences"] {
            assert!(text.contains(&format!("**{part}.**")), "{name} says nothing of {part}");
        }
        numbers.push(number);
    }
    numbers.sort_unstable();
    let expected: Vec<u32> = (1..).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "decisions are numbered 1, 2, 3 …");
    for source in sources() {
        for number in cited(&source.text) {
            assert!(numbers.contains(&number), "{} cites decision {number}, which is not there", source.path.display());
        }
    }
}

#[test]
fn paths_that_the_pages_name_are_there() {
    let root = root();
    let decisions = std::fs::read_dir(root.join("docs/decisions")).expect("the decisions can be listed");
    let mut pages: Vec<PathBuf> = decisions.map(|entry| entry.expect("an entry can be read").path()).collect();
    pages.extend(["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "docs/glossary.md"].map(|page| root.join(page)));
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        for path in text.split('`').skip(1).step_by(2).flat_map(expanded).filter(|path| !path.contains("unarchive")) {
            let is_there = root.join(&path).exists() || root.join("services").join(&path).exists();
            assert!(is_there, "{} names {path}, which is not there", page.display());
        }
    }
}

#[test]
fn names_that_the_glossary_gives_are_in_the_code() {
    let glossary = std::fs::read_to_string(root().join("docs/glossary.md")).expect("the glossary can be read");
    let mut sources = sources();
    read_files(&root().join("clients/typescript/src"), "ts", &mut sources);
    let is_name = |word: &&str| word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_ascii_alphanumeric());
    let names: Vec<&str> = glossary.split('`').skip(1).step_by(2).filter(is_name).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        let is_there =
            |source: &Source| source.text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name);
        assert!(sources.iter().any(is_there), "the glossary names {name}, which is not in the code");
    }
}

#[test]
fn paths_are_told_from_other_words() {
    assert_eq!(expanded("services/edge/src/{ws,http}"), ["services/edge/src/ws", "services/edge/src/http"]);
    assert_eq!(expanded("decider/src/{worker,lane}.rs"), ["decider/src/worker.rs", "decider/src/lane.rs"]);
    for word in ["/docs", "append/tail", "tests/<name>.rs", "services/edge is", "clients/*", "src/a.rs"] {
        assert!(expanded(word).is_empty(), "{word}");
    }
}

#[test]
fn numbers_of_decisions_are_found_across_lines() {
    assert_eq!(
        cited("//! so (decision 3).\n//! and (decision\n//! 14). Decisions: 4 (one), 5 (two, decision 6)."),
        [3, 14, 6]
    );
}

struct Source {
    path: PathBuf,
    text: String,
}

/// The lines of items at the top of a file that have no words before them.
fn undocumented(text: &str) -> Vec<usize> {
    const ITEMS: [&str; 8] = ["struct ", "enum ", "trait ", "fn ", "async fn ", "const fn ", "type ", "static "];
    let lines: Vec<&str> = text.lines().take_while(|line| !line.starts_with("mod tests")).collect();
    let is_item =
        |line: &str| line.strip_prefix("pub ").is_some_and(|rest| ITEMS.iter().any(|item| rest.starts_with(item)));
    let items = lines.iter().enumerate().filter(|(_, line)| is_item(line)).map(|(index, _)| index);
    let has_words = |index: usize| {
        let before = lines[..index].iter().rev();
        // Attributes, also those of several lines.
        let mut before =
            before.skip_while(|line| line.starts_with("#[") || line.starts_with(' ') || line.starts_with(")]"));
        before.next().is_some_and(|line| line.starts_with("///"))
    };
    items.filter(|&index| !has_words(index)).map(|index| index + 1).collect()
}

fn places(sources: &[Source], lines: &[usize]) -> Vec<String> {
    sources.iter().flat_map(|source| lines.iter().map(|line| format!("{}:{line}", source.path.display()))).collect()
}

/// The files of all crates, without their tests.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(root().join("services")).expect("the crates can be listed") {
        read_files(&entry.expect("an entry can be read").path().join("src"), "rs", &mut sources);
    }
    assert!(!sources.is_empty());
    sources
}

fn read_files(directory: &Path, extension: &str, sources: &mut Vec<Source>) {
    let entries = std::fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "tests") {
                read_files(&path, extension, sources);
            }
        } else if path.extension().is_some_and(|found| found == extension) {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            sources.push(Source { path, text });
        }
    }
}

/// The paths of this repository that a word in backticks stands for.
fn expanded(word: &str) -> Vec<String> {
    let is_path = word.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.{},".contains(c));
    let is_ours = ["services/", "tests/", "clients/", "schemas/", "migrations/", "scripts/", "docs/"];
    let is_ours = is_ours.iter().any(|start| word.starts_with(start)) || word.split('/').nth(1) == Some("src");
    if !is_path || !is_ours {
        return Vec::new();
    }
    match word.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) {
        Some((before, (choices, after))) => {
            choices.split(',').map(|choice| format!("{before}{choice}{after}")).collect()
        }
        None => vec![word.to_owned()],
    }
}

/// The numbers that follow the word.
fn cited(text: &str) -> Vec<u32> {
    let words = text.split_whitespace().filter(|word| !word.starts_with("//"));
    let words: Vec<&str> = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    words.windows(2).filter(|pair| pair[0] == "decision").filter_map(|pair| pair[1].parse().ok()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
