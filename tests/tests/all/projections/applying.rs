//! Batches and progress: all or nothing, once, and the same rows however they were cut.

use std::task::Poll;

use threadline_domain::thread::{Change, ThreadChanged};
use threadline_domain::{Metadata, ReadMark, Topic, UserProfile};
use threadline_projections::{Error, Progress, ProjectError};
use threadline_tests::projections::{Entries, Projections};

use super::{Script, at, fresh, user};

/// A script in which everything happens that can happen to a thread.
fn everything() -> Script {
    let mut script = Script::new(2);
    for id in 1..=3 {
        let thread = script.group(id, &["ann", "bob", "cid"]);
        for round in 0..10 {
            let number = script.post(thread, "ann", "first");
            script.edit(thread, "ann", number, "second");
            script.post(thread, "bob", "to be taken back");
            script.delete(thread, "bob", number + 1);
            script.remove(thread, "ann", "cid");
            script.post(thread, "ann", "without cid");
            script.add(thread, "ann", "cid");
            let change = ThreadChanged {
                title: Some((round % 2 == 0).then(|| "another title".into())),
                metadata: (round % 3 == 0).then(|| Metadata::from_canonical_json(r#"{"b":2}"#)),
            };
            script.happen(thread, "ann", Change::ThreadChanged(change));
        }
        if id == 3 {
            script.happen(thread, "ann", Change::ThreadArchived);
        }
    }
    script
}

#[tokio::test]
async fn rows_do_not_depend_on_how_the_log_was_cut() {
    let marks: Vec<_> = (0..9)
        .map(|number| ReadMark { thread: everything().events[0].event.thread, user: user("dan"), number, at: at(5) })
        .collect();
    let users: Vec<_> = (0..9)
        .map(|index| UserProfile {
            user: user("ann"),
            name: (index % 3 > 0).then(|| format!("Ann {index}").into()),
            at: at(index),
        })
        .collect();
    let end = |count: usize| Progress { next: count as u64, cause: None };
    let mut checksums = vec![];
    for cut in [1, 7, 10_000] {
        let here = fresh().await;
        let mut script = everything();
        if cut != 7 {
            here.project_marks(0, end(0), end(9), &marks).await.unwrap();
        }
        while script.apply_some(&here.all, cut).await {}
        if cut == 7 {
            for (index, mark) in marks.iter().enumerate() {
                let mark = std::slice::from_ref(mark);
                here.project_marks(0, end(index), end(index + 1), mark).await.unwrap();
            }
        }
        here.project_users(0, end(0), end(4), &users[..4]).await.unwrap();
        here.project_users(0, end(4), end(9), &users[4..]).await.unwrap();
        checksums.push(here.checksums().await);
    }
    assert_eq!(checksums[0], checksums[1]);
    assert_eq!(checksums[0], checksums[2]);
    for (table, checksum) in &checksums[0] {
        assert_eq!(checksum.starts_with("0:"), table.ends_with("dead_letters"), "{table} {checksum}");
    }
}

#[tokio::test]
async fn checksums_see_a_single_difference() {
    let here = fresh().await;
    let mut script = everything();
    script.apply(&here.all).await;
    let before = here.checksums().await;
    script.edit(script.events[0].event.thread, "ann", 1, "third");
    script.apply(&here.all).await;
    let after = here.checksums().await;
    let changed =
        ["members", "messages", "threads", "timeline", "positions"].map(|table| format!("conversations.{table}"));
    let changed: Vec<_> =
        changed.into_iter().chain(["facts", "threads", "positions"].map(|table| format!("states.{table}"))).collect();
    for (table, checksum) in before {
        assert_eq!(after[&table] != checksum, changed.contains(&table), "{table}");
    }
}

#[tokio::test]
async fn a_zombie_is_fenced_and_leaves_no_trace() {
    let here = fresh().await;
    let script = everything();
    let (all, start, end) = (&script.events, Progress::default(), script.progress(script.events.len()));
    let first = script.progress(10);
    here.project_events(2, start, first, &all[..10]).await.unwrap();
    let before = here.checksums().await;
    for (from, what) in
        [(start, "from the start"), (script.progress(5), "from elsewhere"), (script.progress(20), "ahead")]
    {
        let result = here.project_events(2, from, end, &all[from.next as usize..]).await;
        assert!(matches!(result, Err(ProjectError::Fenced { .. })), "{what}: {result:?}");
    }
    // Same offset, another cause.
    let other = Progress { cause: Some(1), ..first };
    assert!(matches!(here.project_events(2, other, end, &all[10..]).await, Err(ProjectError::Fenced { .. })));
    assert_eq!(here.checksums().await, before);
    // A partition never touched can only be moved from its start.
    assert!(matches!(here.project_events(3, first, end, &[]).await, Err(ProjectError::Fenced { .. })));
    assert_eq!(here.views.progress(Topic::Messages).await.unwrap(), [(2, first)].into());
}

#[tokio::test]
async fn of_two_at_once_one_is_fenced() {
    let here = fresh().await;
    let script = everything();
    let mut from = 0;
    while from < script.events.len() {
        let to = script.events.len().min(from + 9);
        let (before, after) = (script.progress(from), script.progress(to));
        let apply = || here.project_events(2, before, after, &script.events[from..to]);
        let results: [Result<(), ProjectError>; 2] = tokio::join!(apply(), apply()).into();
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
        assert_eq!(
            results.iter().filter(|result| matches!(result, Err(ProjectError::Fenced { .. }))).count(),
            1,
            "{results:?}"
        );
        from = to;
    }
    let alone = fresh().await;
    everything().apply(&alone.all).await;
    assert_eq!(here.checksums().await, alone.checksums().await);
}

#[tokio::test]
async fn dropped_at_any_point_it_leaves_all_or_nothing() {
    let mut dropped = 0;
    // How often a step waits for Postgres depends on the machine; a hundred drops say enough on any.
    while dropped <= 100 {
        dropped += dropped_on_the_way().await;
    }
}

/// Applies everything, dropped again and again on the way; how often.
async fn dropped_on_the_way() -> usize {
    let here = fresh().await;
    let script = everything();
    let count = script.events.len();
    let (mut at, mut dropped) = (0, 0);
    for round in 0.. {
        if at == count {
            break;
        }
        let to = count.min(at + 1);
        let step = here.project_events(2, script.progress(at), script.progress(to), &script.events[at..to]);
        // Each poll ends where it waits for Postgres; so every such point is hit, again and again.
        let done = polled(step, round % 20).await;
        dropped += usize::from(!done);
        let next = here.views.progress(Topic::Messages).await.unwrap().get(&2).map_or(0, |progress| progress.next);
        assert!(next == at as u64 || next == to as u64, "{at} {next} {to}");
        assert!(!done || next == to as u64);
        at = next as usize;
    }
    assert!(dropped > 0, "no step waited for Postgres");
    let alone = fresh().await;
    everything().apply(&alone.all).await;
    assert_eq!(here.checksums().await, alone.checksums().await);
    dropped
}

/// Polls at most so many times and then drops; answers whether it came to its end.
async fn polled(step: impl Future<Output = Result<(), ProjectError>>, polls: usize) -> bool {
    let mut step = std::pin::pin!(step);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        step.as_mut().poll(context).map(|result| {
            result.unwrap();
            true
        })
    })
    .await
}

#[tokio::test]
async fn several_partitions_move_together_or_not_at_all() {
    let here = fresh().await;
    let (mut one, mut two) = (Script::new(0), Script::new(1));
    let thread = one.group(1, &["ann"]);
    two.group(2, &["bob"]);
    let mark = [ReadMark { thread, user: user("ann"), number: 3, at: at(0) }];
    let elsewhere = Entries { from: Progress { next: 7, cause: None }, ..all_of(&two) };
    assert!(matches!(here.project(&[all_of(&one), elsewhere]).await, Err(ProjectError::Fenced { .. })));
    assert_eq!(here.views.progress(Topic::Messages).await.unwrap(), [].into());
    let marks = Entries::marks(1, Progress::default(), Progress { next: 1, cause: None }, &mark);
    here.project(&[all_of(&one), all_of(&two), marks]).await.unwrap();
    let everything = [(0, one.progress(1)), (1, two.progress(1))].into();
    assert_eq!(here.views.progress(Topic::Messages).await.unwrap(), everything);
    assert_eq!(here.states.progress(Topic::Messages).await.unwrap(), everything);
    assert_eq!(here.views.progress(Topic::Reads).await.unwrap().len(), 1);
    assert!(here.views.thread(&user("bob"), two.events[0].event.thread).await.unwrap().is_some());
}

fn all_of(script: &Script) -> Entries {
    Entries::events(script.partition, Progress::default(), script.progress(script.events.len()), &script.events)
}

#[tokio::test]
async fn poison_is_found_in_its_batch() {
    let here = fresh().await;
    let (mut one, mut two) = (Script::new(0), Script::new(1));
    let thread = one.group(1, &["ann"]);
    let other = two.group(2, &["ann"]);
    for _ in 0..50 {
        one.post(thread, "ann", "fine");
        two.post(other, "ann", "fine");
    }
    two.poison(other);
    two.post(other, "ann", "fine");
    match here.project(&[all_of(&one), all_of(&two)]).await {
        Err(ProjectError::Poison { share: 0, batch: 1, index: 51, reason }) => {
            assert!(reason.contains("timeline"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(here.views.progress(Topic::Messages).await.unwrap(), [].into());
    // What comes before it, and after it, can be applied.
    let poison = two.progress(51);
    let after = two.progress(52);
    here.project_events(1, Progress::default(), poison, &two.events[..51]).await.unwrap();
    here.project_events(1, poison, after, &[]).await.unwrap();
    here.project_events(1, after, two.progress(53), &two.events[52..]).await.unwrap();
    let view = here.views.thread(&user("ann"), other).await.unwrap().unwrap();
    assert_eq!((view.last_number, view.last_seq), (51, 52));
}

#[tokio::test]
async fn a_generation_follows_one_log() {
    let here = fresh().await;
    let schema = here.live("states").await;
    let follow = |log| here.registry.follow(&schema, log);
    let (one, two) = tokio::join!(follow("a"), follow("a"));
    // Two first uses at once: both agree, or one has to look again.
    assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    follow("a").await.unwrap();
    assert!(matches!(follow("b").await, Err(Error::OtherLog { found, log, .. }) if found == "a" && log == "b"));
}

#[tokio::test]
async fn many_may_migrate_at_once() {
    let database = threadline_tests::database::Database::fresh().await;
    let all = [Projections::open(&database), Projections::open(&database), Projections::open(&database)];
    let missing = all[0].states.progress(Topic::Messages).await;
    assert!(matches!(missing, Err(Error::Schema(_))), "{missing:?}");
    let (one, two, three) = tokio::join!(all[0].migrate(), all[1].migrate(), all[2].migrate());
    one.and(two).and(three).unwrap();
    all[0].migrate().await.unwrap();
    all[0].states.progress(Topic::Messages).await.unwrap();
}
