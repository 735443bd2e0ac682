//! A group from its making to its archive, every event on every socket.

use futures_util::future::join_all;
use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::socket::Socket;

pub(super) async fn a_group_lives(cluster: &Cluster) {
    let (ann, bob, cid, dora) = ("ann.group", "bob.group", "cid.group", "dora.group");
    let sockets =
        join_all([(0, ann), (1, bob), (0, cid)].map(|(edge, user)| Socket::hello(cluster.edge(edge), user, None)));
    let mut sockets: Vec<Socket> = sockets.await.into_iter().map(|(socket, _)| socket).collect();
    let (owner, member) = (cluster.rest(0, ann), cluster.rest(1, bob));
    let body = json!({"kind": "group", "title": "Roof", "participants": [bob, cid], "metadata": {"floor": 3}});
    let made = owner.post("threads/", body).await.is(201);
    let thread = made["id"].as_str().expect("a thread has an id").to_owned();
    let created = heard(&mut sockets, &thread, "thread_created").await;
    assert_eq!(created["event"]["thread"]["title"], "Roof");
    let path = format!("threads/{thread}/");
    let members = format!("threads/{thread}/members/");

    // Renamed by the owner, not by a member.
    member.put(&path, json!({"title": "Cellar"})).await.problem(403, "forbidden");
    owner.put(&path, json!({"title": "Roof and walls"})).await.ok();
    assert_eq!(heard(&mut sockets, &thread, "thread_changed").await["event"]["title"], "Roof and walls");

    // Someone comes in, sees it all at once, and gets a role.
    let (late, _) = Socket::hello(cluster.edge(1), dora, None).await;
    sockets.push(late);
    owner.post(&members, json!({"user": dora})).await.ok();
    assert_eq!(heard(&mut sockets, &thread, "member_added").await["event"]["user"], dora);
    owner.put(&format!("{members}{bob}/"), json!({"role": "admin"})).await.ok();
    let changed = heard(&mut sockets, &thread, "member_role_changed").await;
    assert_eq!((&changed["event"]["user"], &changed["event"]["role"]), (&json!(bob), &json!("admin")));

    // Posted, edited by its author only, deleted by the admin.
    let posted = sockets[2].say(&thread, "first try").await;
    heard(&mut sockets, &thread, "message_posted").await;
    let message = posted["message"].as_str().expect("an ok of a send has an id");
    let edit = json!({"type": "edit", "thread": thread, "message": message, "content": "second try"});
    assert_eq!(sockets[3].refused(edit.clone()).await["code"], "forbidden");
    assert_eq!(sockets[2].request(edit).await["type"], "ok");
    assert_eq!(heard(&mut sockets, &thread, "message_edited").await["event"]["content"], "second try");
    let at_least = posted["position"].as_str().expect("an ok has a position");
    let deleted = member.delete(&format!("messages/{message}/?at_least={at_least}")).await.ok();
    assert_eq!(heard(&mut sockets, &thread, "message_deleted").await["event"]["message"], message);
    let at_least = deleted["position"].as_str().expect("a write has a position");
    let tombstone = owner.get(&format!("messages/{message}/?at_least={at_least}")).await.ok();
    assert_eq!((&tombstone["content"], &tombstone["number"]), (&json!(""), &json!(1)));
    assert!(tombstone["deleted_at"].is_string() && tombstone["edited_at"].is_string(), "{tombstone}");

    // The last owner cannot go; another member can.
    owner.delete(&format!("{members}{ann}/")).await.problem(409, "last_owner");
    cluster.rest(0, cid).delete(&members).await.ok();
    let left = heard(&mut sockets, &thread, "member_removed").await;
    assert_eq!(left["event"]["user"], cid);
    sockets.remove(2);

    // Archived: readable, but closed.
    let archived = owner.delete(&path).await.ok();
    heard(&mut sockets, &thread, "thread_archived").await;
    let error = sockets[1].refused(json!({"type": "send", "thread": thread,
        "message": {"id": uuid::Uuid::now_v7(), "kind": "text", "content": "too late"}}));
    assert_eq!(error.await["code"], "thread_archived");
    let at_least = archived["position"].as_str().expect("a write has a position");
    let details = member.get(&format!("{path}?at_least={at_least}")).await.ok();
    assert!(details["archived_at"].is_string(), "{details}");
    let roles: Vec<(&str, &str)> = details["members"].as_array().into_iter().flatten().map(role_of).collect();
    assert_eq!(roles, [(ann, "owner"), (bob, "admin"), (dora, "member")]);

    // The whole life, event by event, is what the sockets were told.
    let timeline = member.get(&format!("{path}events/?after_seq=0")).await.ok();
    let events = timeline["events"].as_array().expect("a page of events");
    let seqs: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.len(), 9);
    assert_eq!(events[6]["event"]["type"], "message_deleted");
}

/// The thread's next event, which every socket is handed alike.
async fn heard(sockets: &mut [Socket], thread: &str, kind: &str) -> Value {
    let mut frames = Vec::new();
    for socket in sockets {
        frames.push(socket.event_of(thread, kind).await);
    }
    assert!(frames.iter().all(|frame| *frame == frames[0]), "all are handed the same: {frames:?}");
    frames.swap_remove(0)
}

fn role_of(member: &Value) -> (&str, &str) {
    (member["user"].as_str().unwrap_or_default(), member["role"].as_str().unwrap_or_default())
}

pub(super) async fn a_key_names_one_thread(cluster: &Cluster) {
    let (ann, bob, eve) = ("ann.key", "bob.key", "eve.key");
    let body = |participants: Value| json!({"kind": "group", "key": "project_305.key", "participants": participants});
    let made = cluster.rest(0, ann).post("threads/", body(json!([bob]))).await.is(201);
    let again = cluster.rest(1, bob).post("threads/", body(json!([ann]))).await.is(200);
    assert_eq!((&again["id"], &again["key"]), (&made["id"], &json!("project_305.key")));
    cluster.rest(1, eve).post("threads/", body(json!([]))).await.problem(409, "key_taken");
    let id = made["id"].as_str().expect("a thread has an id");
    cluster.rest(1, eve).get(&format!("threads/{id}/")).await.problem(404, "unknown_thread");

    let listed = cluster.rest(1, bob).get("threads/").await.ok();
    let ids: Vec<&Value> = listed["threads"].as_array().into_iter().flatten().map(|thread| &thread["id"]).collect();
    assert_eq!(ids, [&made["id"]]);
}
