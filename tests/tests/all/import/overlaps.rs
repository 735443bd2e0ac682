//! Exports that overlap: none of their messages comes twice, wherever they were cut.

use serde_json::{Value, json};
use threadline_domain::ThreadId;
use threadline_tests::cluster::{Backend, Cluster, Layout};

use super::comparison::{messages_of, rest};

#[tokio::test(flavor = "multi_thread")]
async fn exports_without_ids_may_be_cut_inside_a_second() {
    let cluster = Cluster::start("import-overlap", Layout::Dev, Backend::postgres().await).await;
    let line = |second: u32, sender: &str, content: &str| {
        let sent_at = format!("2025-05-05T10:00:{second:02}Z");
        json!({"thread_key": "k", "sender": sender, "sent_at": sent_at, "kind": "text", "content": content}).to_string()
    };
    // Five messages of one second, two of them equal.
    let history = [
        line(1, "ann", "hello"),
        line(2, "bob", "one"),
        line(2, "ann", "two"),
        line(2, "bob", "ok"),
        line(2, "bob", "ok"),
        line(2, "ann", "three"),
        line(3, "bob", "bye"),
        line(4, "ann", "ok"),
        line(5, "bob", "see you"),
    ];
    let file = |name: &str, lines: &[String]| {
        let path = cluster.directory().join(name);
        std::fs::write(&path, lines.join("\n")).expect("the folder can be written");
        path.to_str().expect("a path in UTF-8").to_owned()
    };
    let contents = async || {
        let thread = ThreadId::of_key("k").to_string();
        let ann = rest(&cluster, "ann");
        let last = ann.get(&format!("threads/{thread}/")).await.ok()["last_number"].as_u64().expect("a number");
        let messages = messages_of(&ann, &thread, last).await;
        messages.iter().map(|message| message["content"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let run = |arguments: &[&str]| -> Value {
        serde_json::from_str(&cluster.run(&[&["import", "--json"], arguments].concat())).expect("a summary")
    };

    let first = file("first.jsonl", &history[..4]);
    run(&[&first]);
    // The second one begins in the same second, the third one overlaps it from there on.
    let second = file("second.jsonl", &history[2..7]);
    let third = file("third.jsonl", &history[3..]);
    let done = run(&[&second, &third]);
    assert_eq!((&done["messages_created"], &done["messages_late"]), (&json!(5), &json!(0)), "{done}");
    let expected: Vec<&str> = vec!["hello", "one", "two", "ok", "ok", "three", "bye", "ok", "see you"];
    assert_eq!(contents().await, expected);
    assert_eq!(run(&[&first, &second, &third])["messages_created"], 0);
    assert_eq!(run(&[&file("whole.jsonl", &history)])["messages_created"], 0);
    assert_eq!(contents().await, expected);

    // Files in the wrong order would put old messages after new ones.
    let (newer, older) = (file("newer.jsonl", &[line(20, "ann", "x")]), file("older.jsonl", &[line(10, "ann", "y")]));
    let (_, complaint) = cluster.refused(&["import", &newer, &older]);
    assert!(
        complaint.contains("older.jsonl, line 1, sent_at: is before messages of this thread in a file"),
        "{complaint}"
    );
}
