//! Text that was deleted or replaced is given to nobody any more, whatever the path.

use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::rest::Rest;
use threadline_tests::socket::Socket;
use uuid::Uuid;

pub(super) async fn deleted_and_replaced_text_is_on_no_path(cluster: &Cluster) {
    let (ann, bob, eve, fay) = ("ann.deletion", "bob.deletion", "eve.deletion", "fay.deletion");
    let owner = cluster.rest(0, ann);
    let made = owner.post("threads/", json!({"kind": "group", "participants": [bob, eve]})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id").to_owned();
    // Bob is on an edge where somebody else of the thread stays, eve on one where nobody does.
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let mut cursors = Vec::new();
    for (edge, user) in [(0, bob), (1, eve)] {
        let (mut socket, _) = Socket::hello(cluster.edge(edge), user, None).await;
        cursors.push((user, socket.sync().await.1));
    }

    let secret = |what: &str| format!("{what} {}", Uuid::new_v4().simple());
    let (posted, replaced, deleted, kept) = (secret("posted"), secret("replaced"), secret("deleted"), secret("kept"));
    let said =
        |content: &str, data: &str| json!({"id": Uuid::now_v7(), "content": content, "metadata": {"note": data}});
    let mut said_of = async |content: &str, data: &str| {
        let sent = a.request(json!({"type": "send", "thread": thread, "message": said(content, data)})).await;
        sent["result"]["message"].as_str().expect("an ok of a send has an id").to_owned()
    };
    let gone = said_of(&posted, &posted).await;
    let edited = said_of(&replaced, &kept).await;
    let edit = |content: &str, metadata: Option<&str>| {
        let mut edit = json!({"content": content});
        if let Some(note) = metadata {
            edit["metadata"] = json!({"note": note});
        }
        edit
    };
    owner.put(&format!("messages/{gone}/"), edit(&deleted, Some(&deleted))).await.ok();
    owner.put(&format!("messages/{edited}/"), edit(&kept, None)).await.ok();
    let removed = owner.delete(&format!("threads/{thread}/members/{eve}/")).await.ok();
    assert!(removed["position"].is_string(), "{removed}");
    owner.delete(&format!("messages/{gone}/")).await.ok();
    let added = owner.post(&format!("threads/{thread}/members/"), json!({"user": fay})).await.is(201);
    let at_least = added["position"].as_str().expect("an answer to a write has a position");

    let check = |path: &str, shown: &Value| {
        let shown = shown.to_string();
        for secret in [&posted, &replaced, &deleted] {
            assert!(!shown.contains(secret.as_str()), "{secret} on {path}: {shown}");
        }
    };
    let erased = Erased { thread: &thread, gone: &gone, edited: &edited, kept: &kept, at_least };
    for edge in [0, 1] {
        for user in [bob, fay] {
            erased.read(&cluster.rest(edge, user), check).await;
        }
    }
    // From a place before it all, on the edge where one was and on the other one.
    for (user, cursor) in cursors {
        for edge in [0, 1] {
            let (mut socket, welcome) = Socket::hello(cluster.edge(edge), user, Some(&cursor)).await;
            assert_eq!(welcome["recovered"], true);
            let (resumed, _) = socket.sync().await;
            let events = resumed.iter().filter(|frame| frame["type"] == "event").count();
            assert!(events >= 4, "{user} on edge {edge}: {resumed:?}");
            check(&format!("a resume of {user} on edge {edge}"), &json!(resumed));
        }
    }
}

/// A thread in which one message was deleted and one edited.
struct Erased<'a> {
    thread: &'a str,
    gone: &'a str,
    edited: &'a str,
    /// What the edited message says now.
    kept: &'a str,
    at_least: &'a str,
}

impl Erased<'_> {
    /// Reads it on every path; `check` looks at what each shows.
    async fn read(&self, rest: &Rest, check: impl Fn(&str, &Value)) {
        let Self { thread, gone, edited, kept, at_least } = self;
        let paths = [
            format!("threads/?at_least={at_least}"),
            format!("threads/{thread}/?at_least={at_least}"),
            format!("threads/{thread}/messages/?at_least={at_least}"),
            format!("messages/{gone}/?at_least={at_least}"),
            format!("messages/{edited}/?at_least={at_least}"),
        ];
        for path in paths {
            check(&path, &rest.get(&path).await.ok());
        }
        let path = format!("threads/{thread}/events/?after_seq=0&at_least={at_least}");
        let events = rest.get(&path).await.ok();
        check(&path, &events);
        let messages: Vec<_> = events["events"].as_array().expect("events").iter().map(of_message).collect();
        assert_eq!(
            messages.into_iter().flatten().collect::<Vec<_>>(),
            [
                json!(["message_posted", "", {}, true]),
                json!(["message_posted", "", {"note": kept}, true]),
                json!(["message_edited", "", {}, true]),
                json!(["message_edited", kept, null, null]),
                json!(["message_deleted", null, null, null]),
            ]
        );
    }
}

/// Type, content, metadata and mark of an event about a message.
fn of_message(event: &Value) -> Option<Value> {
    let change = &event["event"];
    let kind = change["type"].as_str().expect("a type");
    let text = if kind == "message_posted" { &change["message"] } else { change };
    let superseded = text.get("superseded").cloned().unwrap_or_default();
    kind.starts_with("message_").then(|| json!([kind, text["content"], text["metadata"], superseded]))
}
