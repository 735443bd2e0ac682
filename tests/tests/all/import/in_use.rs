//! An import into threads in which people write already: refused with a report, or taken when asked to.

use serde_json::{Value, json};
use threadline_domain::ThreadId;
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::projections::Projections;

use super::comparison::{checksums, messages_of, rest};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_into_a_thread_in_use_says_what_it_would_do_to_it() {
    let cluster = Cluster::start("import-in-use", Layout::Dev, Backend::postgres().await).await;
    let ann = rest(&cluster, "ann");
    let created = json!({"kind": "group", "key": "k", "title": "k", "participants": ["bob", "cid"]});
    let thread = ann.post("threads/", created).await.is(201)["id"].as_str().expect("an id").to_owned();
    assert_eq!(thread, ThreadId::of_key("k").to_string());
    let said = json!({"content": "we write here already"});
    let said = ann.post(&format!("threads/{thread}/messages/"), said).await.is(201);
    let at_least = said["position"].as_str().expect("a write has a position");
    ann.get(&format!("threads/{thread}/?at_least={at_least}")).await.ok();

    let line = |minute: u32, sender: &str| {
        let sent_at = format!("2025-05-05T10:{minute:02}:00Z");
        json!({"thread_key": "k", "sender": sender, "sent_at": sent_at, "kind": "text", "content": "old"}).to_string()
    };
    let path = cluster.directory().join("old.jsonl");
    let lines: Vec<String> = (0..5).map(|minute| line(minute, if minute == 2 { "bob" } else { "dan" })).collect();
    std::fs::write(&path, lines.join("\n")).expect("the folder can be written");
    let file = path.to_str().expect("UTF-8");
    let expected = json!([{
        "thread": thread, "name": "k", "messages_here": 1, "messages_appended": 5, "messages_older": 5,
        // Bob has read what came before his own; dan wrote the last one.
        "unread_rises": [{"user": "ann", "by": 5}, {"user": "cid", "by": 5}, {"user": "bob", "by": 1}],
    }]);

    let projections = Projections::at(cluster.backend.database_url());
    let before = checksums(&projections).await;
    for arguments in [&["import", file, "--json", "--dry-run"][..], &["import", file, "--json"]] {
        let (code, report, complaint) = refused(&cluster, arguments);
        assert_eq!(code, Some(3), "{complaint}");
        assert_eq!(report["threads_in_use"], expected);
        assert_eq!((&report["messages_created"], &report["members_added"]), (&json!(5), &json!(1)), "{report}");
        assert!(complaint.contains("--append takes it all the same; nothing was imported"), "{complaint}");
    }
    assert_eq!(checksums(&projections).await, before, "nothing was written");
    let (_, complaint) = cluster.refused(&["import", file]);
    assert!(complaint.contains("nothing was imported"), "{complaint}");

    let unread = async |user: &str| -> Value {
        rest(&cluster, user).get(&format!("threads/{thread}/")).await.ok()["unread"].clone()
    };
    let unread_of_all = async || [unread("ann").await, unread("bob").await, unread("cid").await];
    let ago = unread_of_all().await;
    assert_eq!(ago, [json!(0), json!(1), json!(1)]);
    cluster.run(&["import", file, "--append"]);
    assert_eq!(unread_of_all().await, [json!(5), json!(2), json!(6)], "as the report said");
    let contents: Vec<Value> =
        messages_of(&ann, &thread, 6).await.iter().map(|message| message["content"].clone()).collect();
    assert_eq!(
        contents,
        [json!("we write here already"), "old".into(), "old".into(), "old".into(), "old".into(), "old".into()]
    );
    // The thread does not move down in the list because something old came.
    let shown = ann.get("threads/").await.ok();
    assert_eq!(shown["threads"][0]["id"], json!(thread));

    // Now there is nothing to append any more: no question of order.
    let done: Value = serde_json::from_str(&cluster.run(&["import", file, "--json"])).expect("a summary");
    assert_eq!((&done["messages_created"], &done["messages_already_there"]), (&json!(0), &json!(5)), "{done}");
}

/// Exit code, report and complaint of a command that fails.
fn refused(cluster: &Cluster, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = cluster.output(arguments);
    let report = serde_json::from_slice(&output.stdout).expect("a report");
    (output.status.code(), report, String::from_utf8_lossy(&output.stderr).into_owned())
}
