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
