//! Two people on two edges.

use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::rest::Rest;
use threadline_tests::socket::Socket;

/// The dm of two people; made by the first.
async fn dm(cluster: &Cluster, first: &str, second: &str) -> String {
    let made = cluster.rest(0, first).post("threads/", json!({"kind": "dm", "participants": [second]})).await.is(201);
    made["id"].as_str().expect("a thread has an id").to_owned()
}

pub(super) async fn two_people_chat(cluster: &Cluster) {
    let (ann, bob) = ("ann.chat", "bob.chat");
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let thread = dm(cluster, ann, bob).await;
    let again = cluster.rest(1, bob).post("threads/", json!({"kind": "dm", "participants": [ann]})).await.is(200);
    assert_eq!(again["id"], thread.as_str(), "whoever starts, two people have one dm");
    for socket in [&mut a, &mut b] {
        let created = socket.event_of(&thread, "thread_created").await;
        assert_eq!(created["seq"], 1);
    }

    for (round, content) in ["hello", "how are you?", "grüße — 你好 🎈"].into_iter().enumerate() {
        let (speaker, listener, sender) = if round % 2 == 0 { (&mut a, &mut b, ann) } else { (&mut b, &mut a, bob) };
        let result = speaker.say(&thread, content).await;
        let own = speaker.event_of(&thread, "message_posted").await;
        let heard = listener.event_of(&thread, "message_posted").await;
        assert_eq!(own, heard, "both are handed the same frame");
        assert_eq!(heard["seq"], round + 2);
        assert_eq!(heard["position"], result["position"]);
        let message = &heard["event"]["message"];
        assert_eq!(message["content"], content);
        assert_eq!(message["sender"], sender);
        assert_eq!(message["number"], round + 1);
        assert_eq!((&message["id"], &message["sent_at"]), (&result["message"], &result["sent_at"]));
    }

    for (edge, user) in [(0, bob), (1, ann)] {
        let found = cluster.rest(edge, user).get(&format!("threads/by-participants/?user={ann}&user={bob}")).await.ok();
        assert_eq!(found["id"], thread.as_str());
    }
}

pub(super) async fn a_cut_client_resumes_on_the_other_edge(cluster: &Cluster) {
    let (ann, bob) = ("ann.cut", "bob.cut");
    let thread = dm(cluster, ann, bob).await;
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let seen = a.say(&thread, "before the cut").await;
    while b.event(&thread).await["seq"] != seen["seq"] {}
    let (_, cursor) = b.sync().await;
    b.cut();

    let mut missed = Vec::new();
    for n in 1..=5 {
        missed.push(a.say(&thread, &format!("missed {n}")).await["seq"].clone());
    }
    let (mut b, welcome) = Socket::hello(cluster.edge(0), bob, Some(&cursor)).await;
    assert_eq!(welcome["recovered"], true, "{welcome}");
    let mut handed = Vec::new();
    while handed.len() < missed.len() {
        handed.push(b.event(&thread).await["seq"].clone());
    }
    assert_eq!(handed, missed, "exactly what was missed, in order");
    let (more, cursor) = b.sync().await;
    assert!(more.iter().all(|frame| frame["type"] != "event"), "and nothing else: {more:?}");

    let live = a.say(&thread, "live again").await;
    assert_eq!(b.event(&thread).await["seq"], live["seq"]);
    // The cursor of before that message, at the first edge again: just that message.
    b.cut();
    let (mut b, welcome) = Socket::hello(cluster.edge(1), bob, Some(&cursor)).await;
    assert_eq!(welcome["recovered"], true, "{welcome}");
    assert_eq!(b.event(&thread).await["seq"], live["seq"]);
}

pub(super) async fn history_is_paged_by_number(cluster: &Cluster) {
    let (ann, bob) = ("ann.history", "bob.history");
    let thread = dm(cluster, ann, bob).await;
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let mut last = Value::Null;
    for n in 1..=25 {
        last = a.say(&thread, &format!("number {n}")).await;
    }
    let position = last["position"].as_str().expect("an ok has a position").to_owned();
    let rest = cluster.rest(1, bob);
    let page = async |query: &str| numbers(&rest, &thread, query).await;
    assert_eq!(page(&format!("?at_least={position}")).await, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!(page("?limit=4").await, [25, 24, 23, 22]);
    assert_eq!(page("?limit=4&before=22").await, [21, 20, 19, 18]);
    assert_eq!(page("?limit=4&after=5").await, [9, 8, 7, 6]);
    assert_eq!(page("?before=1").await, Vec::<u64>::new());
    let around = page("?limit=5&around=12").await;
    assert!(around.len() == 5 && around.contains(&12) && around.is_sorted_by(|a, b| a > b), "{around:?}");

    let id = last["message"].as_str().expect("an ok of a send has an id");
    let one = rest.get(&format!("messages/{id}/")).await.ok();
    assert_eq!((&one["content"], &one["number"]), (&json!("number 25"), &json!(25)));
    let stranger = cluster.rest(1, "eve.history");
    stranger.get(&format!("messages/{id}/")).await.problem(404, "unknown_message");
    stranger.get(&format!("threads/{thread}/messages/")).await.problem(404, "unknown_thread");
}

async fn numbers(rest: &Rest, thread: &str, query: &str) -> Vec<u64> {
    let page = rest.get(&format!("threads/{thread}/messages/{query}")).await.ok();
    let messages = page["messages"].as_array().unwrap_or_else(|| panic!("a page of messages: {page}"));
    messages.iter().map(|message| message["number"].as_u64().expect("a message has a number")).collect()
}

pub(super) async fn read_marks_receipts_and_unread_agree(cluster: &Cluster) {
    let (ann, bob) = ("ann.unread", "bob.unread");
    let thread = dm(cluster, ann, bob).await;
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut b, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let mut sent = Vec::new();
    for n in 1..=4 {
        sent.push(a.say(&thread, &format!("unread {n}")).await);
    }
    let views = Unread { cluster, thread: &thread };
    views.expect(&sent[3]["position"], [(ann, 4, 0), (bob, 0, 4)]).await;

    // Over the socket; the sender's socket is told.
    let marked = b.request(json!({"type": "read", "thread": thread, "number": 2})).await;
    assert_eq!(marked["type"], "ok", "{marked}");
    let told = loop {
        let told = a.frame_of("read").await;
        if told["user"] == bob {
            break told;
        }
    };
    assert_eq!((&told["thread"], &told["number"]), (&json!(thread), &json!(2)));
    views.expect(&marked["result"]["position"], [(ann, 4, 0), (bob, 2, 2)]).await;

    // A mark only rises.
    let path = format!("threads/{thread}/mark-read/");
    let lower = cluster.rest(0, bob).post(&path, json!({"number": 1})).await.ok();
    views.expect(&lower["position"], [(ann, 4, 0), (bob, 2, 2)]).await;

    // What is deleted is not unread.
    let delete = json!({"type": "delete", "thread": thread, "message": sent[3]["message"]});
    let deleted = a.request(delete).await;
    assert_eq!(deleted["type"], "ok", "{deleted}");
    views.expect(&deleted["result"]["position"], [(ann, 4, 0), (bob, 2, 1)]).await;

    // Everything over REST; sending moves one's own mark.
    let all = cluster.rest(1, bob).post(&path, json!({})).await.ok();
    views.expect(&all["position"], [(ann, 4, 0), (bob, 4, 0)]).await;
    let answer = b.say(&thread, "an answer").await;
    views.expect(&answer["position"], [(ann, 4, 1), (bob, 5, 0)]).await;
}

/// What every reading of marks says about a thread.
struct Unread<'a> {
    cluster: &'a Cluster,
    thread: &'a str,
}

impl Unread<'_> {
    /// For each person the read number and how much is unread, on both edges, in receipts, details and counts.
    async fn expect(&self, position: &Value, people: [(&str, u64, u64); 2]) {
        let position = position.as_str().expect("a write has a position");
        for (edge, (user, number, unread)) in [0, 1].into_iter().flat_map(|edge| people.map(|person| (edge, person))) {
            let rest = self.cluster.rest(edge, user);
            let thread = rest.get(&format!("threads/{}/?at_least={position}", self.thread)).await.ok();
            assert_eq!(thread["unread"], unread, "{user}: {thread}");
            let counts = rest.get("unread-count/").await.ok();
            assert_eq!(counts["total"], unread, "{user}: {counts}");
            assert_eq!(counts["threads"][self.thread].as_u64().unwrap_or(0), unread, "{user}: {counts}");
            let receipts = rest.get(&format!("threads/{}/receipts/", self.thread)).await.ok();
            let receipts = receipts["receipts"].as_array().expect("a list of receipts");
            let own = receipts.iter().find(|receipt| receipt["user"] == user).expect("everyone has a receipt");
            assert_eq!(own["number"], number, "{user}: {own}");
        }
    }
}
