//! What a client missed: memberships at a snapshot, and the timeline between two cursors.

use std::collections::BTreeMap;

use threadline_projections::{Conversations, Missed};

use super::{Script, fresh, user};

async fn missed(views: &Conversations, name: &str, from: u64, limit: u32) -> Missed {
    missed_within(views, name, from, limit, usize::MAX).await
}

async fn missed_within(views: &Conversations, name: &str, from: u64, limit: u32, bytes_max: usize) -> Missed {
    let from: BTreeMap<_, _> = [(0, from), (1, 0)].into();
    let memberships = views.memberships(&user(name), Some(&from)).await.unwrap();
    let to = memberships.progress.iter().map(|(partition, progress)| (*partition, progress.next)).collect();
    views.missed(&memberships, &from, &to, limit, bytes_max).await.unwrap()
}

fn seqs(missed: &Missed) -> Vec<(u128, u64)> {
    missed.rows.iter().map(|row| (row.thread.0.as_u128(), row.seq)).collect()
}

#[tokio::test]
async fn the_timeline_holds_every_event_as_it_lies_in_the_log() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann"]);
    for _ in 0..5 {
        script.post(thread, "ann", "x");
    }
    script.apply(&here.all).await;
    let page = here.views.timeline(&user("ann"), thread, 2, 3).await.unwrap().unwrap();
    assert_eq!(page.iter().map(|row| row.seq).collect::<Vec<_>>(), [3, 4, 5]);
    for row in &page {
        let event = &script.events[row.position.offset as usize];
        assert_eq!((row.seq, &row.value, row.position.partition), (event.event.seq, &event.value, 0));
    }
    assert_eq!(here.views.timeline(&user("ann"), thread, 6, 3).await.unwrap(), Some(vec![]));
    assert_eq!(here.views.timeline(&user("ann"), thread, u64::MAX, 3).await.unwrap(), Some(vec![]));
}

#[tokio::test]
async fn memberships_come_with_the_progress_of_their_snapshot() {
    let here = fresh().await;
    let none = here.views.memberships(&user("ann"), None).await.unwrap();
    assert_eq!((none.threads.len(), none.progress.len()), (0, 0));
    let mut script = Script::new(3);
    let one = script.group(1, &["ann", "bob"]);
    let two = script.group(2, &["ann", "bob"]);
    script.post(two, "ann", "x");
    script.remove(one, "ann", "bob");
    script.apply(&here.all).await;
    let current = here.views.memberships(&user("bob"), None).await.unwrap();
    assert_eq!(current.progress, [(3, script.progress(4))].into());
    assert_eq!(current.threads.iter().map(|part| part.thread).collect::<Vec<_>>(), [two]);
    assert_eq!((current.threads[0].last_seq, current.threads[0].last_number, current.threads[0].joined_seq), (2, 1, 1));
    for (since, expected) in [(0, 2), (3, 2), (4, 1)] {
        let all = here.views.memberships(&user("bob"), Some(&[(3, since)].into())).await.unwrap();
        assert_eq!(all.threads.len(), expected, "{since}");
        let removed = all.threads.iter().find(|part| part.thread == one);
        assert!(removed.is_none_or(|part| part.role.is_none() && part.removed_offset == Some(3)));
    }
}

#[tokio::test]
async fn missed_events_are_exactly_those_between_joining_and_removal() {
    let here = fresh().await;
    let (mut script, mut elsewhere) = (Script::new(0), Script::new(1));
    let one = script.group(1, &["ann", "bob"]); // offset 0
    let two = script.group(2, &["ann"]); // 1
    let three = elsewhere.group(3, &["ann", "bob"]);
    elsewhere.post(three, "ann", "x");
    script.post(one, "ann", "x"); // 2
    script.post(two, "ann", "x"); // 3
    script.add(two, "ann", "bob"); // 4, seq 3
    script.post(two, "ann", "x"); // 5, seq 4
    script.remove(one, "ann", "bob"); // 6, seq 3
    script.post(one, "ann", "x"); // 7, seq 4
    script.apply(&here.all).await;
    elsewhere.apply(&here.all).await;
    let bob = missed(&here.views, "bob", 0, 100).await;
    assert_eq!(seqs(&bob), [(1, 1), (1, 2), (2, 3), (2, 4), (1, 3), (3, 1), (3, 2)]);
    assert!(bob.too_many.is_empty());
    assert_eq!(seqs(&missed(&here.views, "bob", 5, 100).await), [(2, 4), (1, 3), (3, 1), (3, 2)]);
    // Nothing after the removal, ever.
    assert_eq!(seqs(&missed(&here.views, "bob", 7, 100).await), [(3, 1), (3, 2)]);
    assert_eq!(seqs(&missed(&here.views, "cid", 0, 100).await), []);
}

#[tokio::test]
async fn a_thread_with_too_many_is_named_and_left_out() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let one = script.group(1, &["ann"]);
    let two = script.group(2, &["ann"]);
    for _ in 0..5 {
        script.post(one, "ann", "x");
    }
    script.post(two, "ann", "x");
    script.apply(&here.all).await;
    let all = missed(&here.views, "ann", 0, 6).await;
    assert_eq!((all.rows.len(), all.too_many.len()), (8, 0));
    let some = missed(&here.views, "ann", 0, 5).await;
    assert_eq!(seqs(&some), [(2, 1), (2, 2)]);
    assert_eq!(some.too_many, [one]);
}

#[tokio::test]
async fn threads_are_left_out_from_where_the_bytes_are_too_many() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let threads = [1, 2, 3].map(|n| script.group(n, &["ann"]));
    for thread in threads {
        script.post(thread, "ann", &"x".repeat(500));
    }
    script.apply(&here.all).await;
    let bytes = script.events.iter().map(|event| event.value.len()).sum();
    assert_eq!(missed_within(&here.views, "ann", 0, 6, bytes).await.rows.len(), 6);
    for (bytes_max, left_out) in [(bytes - 1, 1), (bytes / 2, 2), (0, 3)] {
        let some = missed_within(&here.views, "ann", 0, 6, bytes_max).await;
        assert_eq!((some.too_many.len(), some.rows.len()), (left_out, 2 * (3 - left_out)), "{bytes_max}");
        assert!(some.rows.iter().all(|row| !some.too_many.contains(&row.thread)));
    }
}
