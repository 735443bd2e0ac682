//! Lines that cannot be taken: each is named with its file, its field, and what would be right.

use std::path::Path;

use serde_json::Value;
use threadline_tests::cluster::{Backend, Cluster, Layout, run_alone};

const THREAD: &str = r#"{"type":"thread","id":1,"kind":"group","title":"t"}"#;
const DM: &str = r#"{"type":"thread","id":2,"kind":"dm"}"#;
const MESSAGE: &str =
    r#"{"type":"message","id":5,"thread":1,"sender":"ann","sent_at":"2025-01-01T00:00:00Z","content":"hi"}"#;
const OLD: &str = r#"{"thread_key":"k","sender":"ann","sent_at":"2025-01-01T00:00:00Z","kind":"text","content":"hi"}"#;
const READ: &str = r#"{"type":"read","thread":1,"user":"ann","message":5}"#;

#[test]
fn a_dry_run_names_every_line_and_needs_no_database() {
    let in_message = |from: &str, to: &str| MESSAGE.replace(from, to);
    let cases: Vec<(String, &str)> = vec![
        ("not JSON".into(), ": is not JSON: "),
        (r#"{"type":"emoji"}"#.into(), ", type: must be thread, member, message, read or user"),
        (in_message("\"content\"", "\"text\""), ", content: is missing"),
        (in_message("\"hi\"", "\"hi\",\"mood\":1"), ": has an unknown field \"mood\": a message has type, id, thread"),
        (
            in_message("\"hi\"", "\"hi\",\"attachments\":[]"),
            ", attachments: attachments are not taken yet: leave the field",
        ),
        (OLD.replace("\"hi\"", "\"hi\",\"attachments\":[]"), ", attachments: attachments are not taken yet"),
        (in_message("\"ann\"", "1.5"), ", sender: must be a string or an integer"),
        (in_message("2025", "9999"), ", sent_at: must not be in the future (by more than 5 minutes)"),
        (in_message("2025", "1950"), ", sent_at: must not be before 1970"),
        (OLD.replace("2025", "9999"), ", sent_at: must not be in the future"),
        (
            in_message("00:00Z", "00:00"),
            ", sent_at: must be an RFC 3339 time with its offset, such as 2026-01-31T12:00:00Z",
        ),
        (in_message("\"thread\":1", "\"thread\":9"), ", thread: no record of type thread with the id 9 stands before"),
        (
            in_message("\"hi\"", "\"hi\",\"reply_to\":77"),
            ", reply_to: no message of the thread 1 before this line has the id 77",
        ),
        (READ.replace('5', "77"), ", message: no message of the thread 1 has the id 77"),
        (READ.replace("ann", "eve"), ", user: eve is not in the thread 1: give a record of type member"),
        (r#"{"type":"thread","id":3,"kind":"dm","title":"x"}"#.into(), ", title: must be absent: a dm"),
        (DM.into(), ", kind: a dm is of two people, or of one for notes, and this has 0: give members"),
        (
            r#"{"type":"member","thread":1,"user":7,"role":"boss"}"#.into(),
            ", role: must be one of owner, admin, member",
        ),
        (r#"{"type":"user","id":7,"name":"\u200b"}"#.into(), ", name: must have something to see"),
    ];
    let path = std::env::temp_dir().join(format!("threadline-bad-lines-{}.jsonl", std::process::id()));
    let good = [THREAD, MESSAGE, OLD, READ].map(str::to_owned);
    let lines: Vec<String> = good.into_iter().chain(cases.iter().map(|(line, _)| line.clone())).collect();
    std::fs::write(&path, lines.join("\n")).expect("a file");
    let output = run_alone("import-bad-lines", &["import", path.to_str().expect("UTF-8"), "--dry-run", "--json"]);
    std::fs::remove_file(&path).expect("the file goes");
    let complaints = String::from_utf8_lossy(&output.stderr);
    for (place, (line, said)) in cases.iter().enumerate() {
        let expected = format!("would be refused: {}, line {}{said}", path.display(), place + 5);
        assert!(complaints.contains(&expected), "{line}: {expected} is not in\n{complaints}");
    }
    assert_eq!(output.status.code(), Some(3), "{complaints}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report["lines_refused"], cases.len(), "{report}");
    assert_eq!((&report["messages_created"], &report["threads_created"]), (&2.into(), &2.into()), "{report}");
    let left = std::fs::read_dir(Path::new(".").join(".threadline")).is_ok();
    assert!(!left, "a dry run makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_stops_an_import_before_it_begins_unless_it_is_to_be_left_out() {
    let cluster = Cluster::start("import-strict", Layout::Dev, Backend::postgres().await).await;
    let path = cluster.directory().join("bad.jsonl");
    let bad = MESSAGE.replace("\"hi\"", "\" \"").replace("\"id\":5", "\"id\":4");
    let reply = MESSAGE.replace("\"id\":5", "\"id\":6").replace("\"hi\"", "\"yes\",\"reply_to\":4");
    std::fs::write(&path, [THREAD, &bad, MESSAGE, &reply, READ].join("\n")).expect("the folder can be written");
    let file = path.to_str().expect("UTF-8");
    let (code, complaint) = cluster.refused(&["import", file]);
    assert_eq!(code, Some(1));
    assert!(complaint.contains("bad.jsonl, line 2, content: must not be empty; nothing was imported"), "{complaint}");
    let ann = super::comparison::rest(&cluster, "ann");
    assert!(super::comparison::threads_of(&ann).await.is_empty(), "nothing was imported");

    let done: Value = serde_json::from_str(&cluster.run(&["import", file, "--skip-bad", "--json"])).expect("a summary");
    assert_eq!((&done["messages_created"], &done["lines_skipped"]), (&1.into(), &2.into()), "{done}");
}
