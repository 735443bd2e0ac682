//! After a removal nothing later reaches the one removed, whatever the path.

use serde_json::json;
use threadline_tests::cluster::Cluster;
use threadline_tests::socket::Socket;
use uuid::Uuid;

pub(super) async fn removal_ends_every_path(cluster: &Cluster) {
    let (ann, bob, eve) = ("ann.removal", "bob.removal", "eve.removal");
    let owner = cluster.rest(0, ann);
    let made = owner.post("threads/", json!({"kind": "group", "participants": [bob, eve]})).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id").to_owned();
    let (mut a, _) = Socket::hello(cluster.edge(0), ann, None).await;
    let (mut e, _) = Socket::hello(cluster.edge(1), eve, None).await;
    let (_, cursor) = e.sync().await;
    let last = a.say(&thread, "eve may read this").await;
    while e.event(&thread).await["seq"] != last["seq"] {}

    let removed = owner.delete(&format!("threads/{thread}/members/{eve}/")).await.ok();
    let told = e.event_of(&thread, "member_removed").await;
    assert_eq!(told["event"]["user"], eve, "the one removed is told");
    let secret = a.say(&thread, "eve may not read this").await;
    let at_least = secret["position"].as_str().expect("an ok has a position");

    // Push: another edge's socket gets nothing of it. Once eve's edge has served the secret to someone, it had it.
    let (mut witness, _) = Socket::hello(cluster.edge(1), bob, None).await;
    let marker = a.say(&thread, "bob's marker").await;
    while witness.event(&thread).await["seq"] != marker["seq"] {}
    let (pushed, _) = e.sync().await;
    assert!(pushed.iter().all(|frame| frame["type"] != "event"), "pushed after the removal: {pushed:?}");

    // Resume, on either edge, from a cursor of before the removal: up to the removal and not further.
    for edge in [0, 1] {
        let (mut e, _) = Socket::hello(cluster.edge(edge), eve, Some(&cursor)).await;
        let (resumed, _) = e.sync().await;
        let seqs: Vec<u64> = resumed.iter().filter_map(|frame| frame["seq"].as_u64()).collect();
        assert_eq!(seqs.last(), told["seq"].as_u64().as_ref(), "edge {edge}: {resumed:?}");
    }

    // REST: the thread is gone.
    for edge in [0, 1] {
        let rest = cluster.rest(edge, eve);
        let listed = rest.get(&format!("threads/?at_least={at_least}")).await.ok();
        assert_eq!(listed["threads"], json!([]));
        for path in ["", "messages/", "receipts/", "events/?after_seq=0"] {
            rest.get(&format!("threads/{thread}/{path}")).await.problem(404, "unknown_thread");
        }
        let message = secret["message"].as_str().expect("an ok of a send has an id");
        rest.get(&format!("messages/{message}/")).await.problem(404, "unknown_message");
        let body = json!({"content": "let me in"});
        rest.post(&format!("threads/{thread}/messages/"), body).await.problem(404, "unknown_thread");
    }

    // The socket: no send, no mark, no typing.
    let message = json!({"id": Uuid::now_v7(), "kind": "text", "content": "let me in"});
    for frame in [
        json!({"type": "send", "thread": thread, "message": message}),
        json!({"type": "read", "thread": thread, "number": 1}),
        json!({"type": "typing", "thread": thread, "status": "start"}),
    ] {
        let code = e.refused(frame.clone()).await["code"].clone();
        assert!(code == "not_a_member" || code == "unknown_thread", "{frame}: {code}");
    }
    assert!(removed["position"].is_string(), "{removed}");
}
