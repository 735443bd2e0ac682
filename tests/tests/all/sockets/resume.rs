//! Resuming by cursor, anywhere.

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use threadline_domain::{Offset, Topic};
use threadline_tests::edges::Edges;
use threadline_tests::socket::{PATIENCE, Socket};
use threadline_tests::wait::until;
use threadline_wire::{Cursor, LogFingerprint};

use super::seqs;

/// Says hello with a cursor; the welcome, and all frames up to the answer of a ping.
async fn resume(edges: &Edges, edge: usize, user: &str, cursor: &str) -> (Value, Vec<Value>, Socket) {
    let (mut socket, welcome) = Socket::hello(edges.url(edge), user, Some(cursor)).await;
    let (frames, _) = socket.sync().await;
    (welcome, frames, socket)
}

/// Two threads with something said in the first, ben's cursor after that, and more said in both.
async fn story(edges: &Edges) -> (String, String, String) {
    let (one, two) = (edges.group("ann", &["ben"]).await, edges.group("ann", &["ben", "cleo"]).await);
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    ann.say(&one, "heard").await;
    ben.event_of(&one, "message_posted").await;
    let (_, cursor) = ben.sync().await;
    ben.cut();
    for thread in [&one, &two, &one, &two, &one] {
        ann.say(thread, "missed").await;
    }
    for (thread, last_seq) in [(&one, 5), (&two, 3)] {
        until("the views have it", PATIENCE, async || {
            edges.rest(0, "ben").get(&format!("threads/{thread}/")).await.ok()["last_seq"] == last_seq
        })
        .await;
    }
    (one, two, cursor)
}

/// A cursor's offsets in `messages`.
fn messages(cursor: &mut Cursor) -> &mut Vec<Offset> {
    cursor.next.get_mut(&Topic::Messages).expect("the topic")
}

/// The reasons and threads of all resync frames.
fn resyncs(frames: &[Value]) -> Vec<(&str, BTreeSet<&str>)> {
    let resyncs = frames.iter().filter(|frame| frame["type"] == "resync");
    resyncs
        .map(|frame| {
            let threads = frame["threads"].as_array().expect("threads").iter().filter_map(Value::as_str).collect();
            (frame["reason"].as_str().expect("a reason"), threads)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_what_was_missed_comes_from_another_edges_ring_or_from_the_views() {
    let mut edges = Edges::start(2).await;
    let (one, two, cursor) = story(&edges).await;
    // An edge that starts now has nothing in its rings.
    let fresh = edges.add().await;
    let mut sockets = Vec::new();
    for edge in [0, 1, fresh] {
        let (welcome, frames, socket) = resume(&edges, edge, "ben", &cursor).await;
        assert_eq!(welcome["recovered"], true, "edge {edge}");
        assert_eq!((seqs(&frames, &one), seqs(&frames, &two)), (vec![3, 4, 5], vec![2, 3]), "edge {edge}");
        assert_eq!(frames.iter().filter(|frame| frame["type"] == "event").count(), 5);
        sockets.push(socket);
    }
    // And they go on live, with nothing in between and nothing twice.
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    ann.say(&one, "live").await;
    for ben in &mut sockets {
        assert_eq!(ben.event(&one).await["seq"], 6);
        let (frames, next) = ben.sync().await;
        assert_eq!(seqs(&frames, &one), [] as [u64; 0]);
        let (welcome, frames, _) = resume(&edges, 1, "ben", &next).await;
        assert_eq!((&welcome["recovered"], seqs(&frames, &one), seqs(&frames, &two)), (&json!(true), vec![], vec![]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_deleted_meanwhile_comes_from_no_ring_and_not_from_the_views() {
    let mut edges = Edges::start(2).await;
    let (one, _, cursor) = story(&edges).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let said = ann.say(&one, "a secret").await;
    // Ben, who wants to see it again, has it in every ring's frame.
    for edge in 0..2 {
        let (_, frames, _) = resume(&edges, edge, "ben", &cursor).await;
        assert!(json!(frames).to_string().contains("a secret"), "{frames:?}");
    }
    let message = said["message"].as_str().expect("an ok of a send has an id");
    let delete = async |user: &str| edges.rest(0, user).delete(&format!("messages/{message}/")).await;
    let deleted = delete("ann").await.ok();
    until("the views have it", PATIENCE, async || {
        edges.rest(0, "ben").get(&format!("threads/{one}/")).await.ok()["last_seq"] == deleted["seq"]
    })
    .await;
    let fresh = edges.add().await;
    for edge in [0, 1, fresh] {
        let (welcome, frames, _) = resume(&edges, edge, "ben", &cursor).await;
        assert_eq!((&welcome["recovered"], seqs(&frames, &one)), (&json!(true), vec![3, 4, 5, 6, 7]), "edge {edge}");
        assert!(!json!(frames).to_string().contains("a secret"), "edge {edge}: {frames:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cursor_that_is_given_can_be_resumed_from() {
    let edges = Edges::start(2).await;
    let (mut ann, welcome) = Socket::hello(edges.url(0), "ann", None).await;
    let mut cursors = vec![welcome["cursor"].clone()];
    for _ in 0..5 {
        edges.group("ann", &["ben"]).await;
        cursors.push(ann.sync().await.1.into());
        cursors.push(Socket::hello(edges.url(1), "ben", None).await.1["cursor"].clone());
    }
    for cursor in cursors {
        let (welcome, _, _) = resume(&edges, 1, "ann", cursor.as_str().unwrap()).await;
        assert_eq!(welcome["recovered"], true, "{cursor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_in_the_address_resumes_too() {
    let edges = Edges::start(1).await;
    let (one, _, cursor) = story(&edges).await;
    let base = edges.url(0).replacen("http", "ws", 1);
    let token = threadline_tests::token::token("ben");
    let mut ben = Socket::open(&format!("{base}/ws?token={token}&cursor={cursor}")).await.unwrap();
    assert_eq!(ben.frame().await["recovered"], true);
    assert_eq!(seqs(&ben.sync().await.0, &one), [3, 4, 5]);
    let mut bad = Socket::open(&format!("{base}/ws?token=nonsense")).await.unwrap();
    assert_eq!(bad.closed().await, 4501);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_cannot_be_resumed_from_names_every_thread() {
    let edges = Edges::start(2).await;
    let (one, two, cursor) = story(&edges).await;
    let ours: Cursor = cursor.parse().unwrap();
    let changed = |change: &dyn Fn(&mut Cursor)| {
        let mut cursor = ours.clone();
        change(&mut cursor);
        cursor.to_string()
    };
    let cases = [
        ("nonsense".to_owned(), "bad_cursor"),
        (String::new(), "bad_cursor"),
        ("\0".to_owned(), "bad_cursor"),
        (format!("{cursor}\u{feff}"), "bad_cursor"),
        // The first version, which knew one topic.
        ("AQNsb2cCAAEBrAI".to_owned(), "foreign_cursor"),
        (changed(&|cursor| cursor.log = LogFingerprint::of("another log")), "foreign_cursor"),
        (changed(&|cursor| messages(cursor).iter_mut().for_each(|next| *next += 1_000)), "foreign_cursor"),
        (changed(&|cursor| _ = messages(cursor).pop()), "foreign_cursor"),
        (changed(&|cursor| messages(cursor).push(0)), "foreign_cursor"),
        (changed(&|cursor| cursor.next.clear()), "foreign_cursor"),
        (changed(&|cursor| _ = cursor.next.insert(Topic::Payments, vec![0])), "foreign_cursor"),
    ];
    for (cursor, reason) in cases {
        let (welcome, frames, _) = resume(&edges, 1, "ben", &cursor).await;
        assert_eq!(welcome["recovered"], false, "{cursor}");
        assert_eq!(resyncs(&frames), [(reason, BTreeSet::from([one.as_str(), two.as_str()]))], "{cursor}");
        assert_eq!(seqs(&frames, &one), [] as [u64; 0]);
    }
    let (welcome, frames, _) = resume(&edges, 1, "nobody", "nonsense").await;
    assert_eq!((&welcome["recovered"], resyncs(&frames)), (&json!(false), vec![("bad_cursor", BTreeSet::new())]));
}

#[tokio::test(flavor = "multi_thread")]
async fn threads_of_which_too_much_was_missed_are_named_and_the_others_come() {
    let mut edges = Edges::start_with(1, |config| config.hub.missed_per_thread_max = 2).await;
    let (one, two, cursor) = story(&edges).await;
    let fresh = edges.add().await;
    let (welcome, frames, _) = resume(&edges, fresh, "ben", &cursor).await;
    assert_eq!(welcome["recovered"], false);
    assert_eq!(resyncs(&frames), [("too_old", BTreeSet::from([one.as_str()]))]);
    assert_eq!((seqs(&frames, &one), seqs(&frames, &two)), (vec![], vec![2, 3]));
    // The ring of the edge that was there all the time still has it.
    let (welcome, frames, _) = resume(&edges, 0, "ben", &cursor).await;
    assert_eq!((&welcome["recovered"], seqs(&frames, &one)), (&json!(true), vec![3, 4, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_whose_events_have_too_many_bytes_is_named_wherever_they_come_from() {
    let mut edges = Edges::start_with(1, |config| config.hub.backlog_bytes_max = 2_000).await;
    let (one, two) = (edges.group("ann", &["ben"]).await, edges.group("ann", &["ben"]).await);
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (_, welcome) = Socket::hello(edges.url(0), "ben", None).await;
    let cursor = welcome["cursor"].as_str().unwrap();
    ann.say(&one, &"long ".repeat(1_000)).await;
    let owner = edges.rest(0, "ann");
    owner.delete(&format!("threads/{one}/members/ben/")).await.ok();
    ann.say(&one, "in his absence").await;
    until("the views have it", PATIENCE, async || owner.get(&format!("threads/{one}/")).await.ok()["last_seq"] == 4)
        .await;
    let fresh = edges.add().await;
    let mut sockets = Vec::new();
    for edge in [0, fresh] {
        let (welcome, frames, ben) = resume(&edges, edge, "ben", cursor).await;
        assert_eq!(welcome["recovered"], false, "edge {edge}");
        assert_eq!(resyncs(&frames), [("too_old", BTreeSet::from([one.as_str()]))], "edge {edge}");
        assert_eq!(seqs(&frames, &one), [] as [u64; 0], "edge {edge}");
        sockets.push(ben);
    }
    let said = ann.say(&two, "still with him").await;
    for ben in &mut sockets {
        assert_eq!(ben.event(&two).await["seq"], said["seq"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_removal_nothing_comes_by_resuming_either() {
    let mut edges = Edges::start(1).await;
    let (one, _, cursor) = story(&edges).await;
    let owner = edges.rest(0, "ann");
    owner.delete(&format!("threads/{one}/members/ben/")).await.ok();
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    ann.say(&one, "in his absence").await;
    until("the views have it", PATIENCE, async || owner.get(&format!("threads/{one}/")).await.ok()["last_seq"] == 7)
        .await;
    let fresh = edges.add().await;
    for edge in [0, fresh] {
        let (_, frames, mut ben) = resume(&edges, edge, "ben", &cursor).await;
        assert_eq!(seqs(&frames, &one), [3, 4, 5, 6], "up to the removal, edge {edge}");
        ann.say(&one, "still without him").await;
        assert_eq!(seqs(&ben.sync().await.0, &one), [] as [u64; 0]);
        assert_eq!(ben.refused(super::send(&one, "hello?")).await["code"], "not_a_member");
    }
    // Back again, he sees what comes from then on, and of his absence nothing on this path.
    owner.post(&format!("threads/{one}/members/"), json!({"user": "ben"})).await.ok();
    let last = ann.say(&one, "welcome back").await["seq"].as_u64().unwrap();
    until("the views have it", PATIENCE, async || owner.get(&format!("threads/{one}/")).await.ok()["last_seq"] == last)
        .await;
    let later = edges.add().await;
    for edge in [0, later] {
        let (_, frames, _) = resume(&edges, edge, "ben", &cursor).await;
        assert_eq!(seqs(&frames, &one), [3, 4, 5, 6, last - 1, last], "edge {edge}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_ahead_of_the_views_is_where_its_cursor_says() {
    let edges = Edges::start(2).await;
    let thread = edges.group("ann", &["ben", "eve"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, _) = Socket::hello(edges.url(0), "ben", None).await;
    let (mut eve, _) = Socket::hello(edges.url(0), "eve", None).await;
    let _held = edges.hold_views().await;

    edges.rest(0, "ann").delete(&format!("threads/{thread}/members/eve/")).await.ok();
    eve.event_of(&thread, "member_removed").await;
    let (_, after_removal) = eve.sync().await;
    eve.cut();
    let made = edges.group("ann", &["ben"]).await;
    ben.event_of(&made, "thread_created").await;
    let (_, after_creation) = ben.sync().await;
    ben.cut();
    ann.say(&thread, "without eve").await;
    ann.say(&made, "for ben").await;

    for edge in [0, 1] {
        let (_, frames, mut eve) = resume(&edges, edge, "eve", &after_removal).await;
        assert_eq!(seqs(&frames, &thread), [] as [u64; 0], "edge {edge}");
        ann.say(&thread, "still without her").await;
        assert_eq!(seqs(&eve.sync().await.0, &thread), [] as [u64; 0], "edge {edge}");
        let (welcome, frames, _) = resume(&edges, edge, "ben", &after_creation).await;
        assert_eq!((&welcome["recovered"], seqs(&frames, &made)), (&json!(true), vec![2]), "edge {edge}");
    }
}

/// A client that is cut off again and again, at any moment, and comes back anywhere, sees each event once and in order.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_and_goes_has_every_event_once_and_in_order() {
    // Rings so small that resuming needs both the views and the ring.
    let edges = Edges::start_with(2, |config| {
        (config.rate.per_second, config.rate.burst) = (10_000, 10_000);
        config.hub.ring_bytes_max = 40_000;
        config.hub.missed_per_thread_max = 1_000;
    })
    .await;
    let thread = edges.group("ann", &["ben"]).await;
    let (mut ann, _) = Socket::hello(edges.url(0), "ann", None).await;
    let (mut ben, welcome) = Socket::hello(edges.url(1), "ben", None).await;
    let mut cursor = welcome["cursor"].as_str().unwrap().to_owned();
    let talk = tokio::spawn({
        let thread = thread.clone();
        async move {
            for _ in 0..500 {
                ann.say(&thread, "on and on").await;
            }
        }
    });
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    // The thread is older than his first session, the talk is not.
    let mut seen = 1;
    let mut note = |frames: &[Value]| {
        for seq in seqs(frames, &thread) {
            assert!(seq <= seen + 1, "{seq} after {seen}");
            seen = seen.max(seq);
        }
        seen
    };
    let mut last = 1;
    while last < 501 {
        for _ in 0..rng.random_range(0..20) {
            let frame = ben.frame().await;
            last = note(&[frame]);
            if last == 501 {
                break;
            }
        }
        if rng.random_bool(0.5) {
            let (frames, next) = ben.sync().await;
            last = note(&frames);
            cursor = next;
        }
        ben.cut();
        let welcome;
        (ben, welcome) = Socket::hello(edges.url(rng.random_range(0..2)), "ben", Some(&cursor)).await;
        assert_eq!(welcome["recovered"], true, "{:?}", resyncs(&ben.sync().await.0));
        if talk.is_finished() {
            last = note(&ben.sync().await.0);
        }
    }
    talk.await.unwrap();
}
