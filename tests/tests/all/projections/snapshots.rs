//! What the decider loads, and waiting for a position.

use std::collections::BTreeMap;
use std::time::Duration;

use threadline_domain::thread::{Change, Thread, ThreadChanged};
use threadline_domain::{Aggregate, MessageId, Position, ThreadId, Topic};
use threadline_projections::{Error, Progress};

use super::{Script, fresh, message_id};

#[tokio::test]
async fn a_state_is_what_folding_the_events_gives() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann", "bob", "cid"]);
    for _ in 0..4 {
        script.post(thread, "ann", "x");
    }
    script.edit(thread, "ann", 1, "y");
    script.edit(thread, "ann", 1, "z");
    script.edit(thread, "ann", 2, "y");
    script.delete(thread, "ann", 2);
    script.delete(thread, "ann", 3);
    script.remove(thread, "ann", "bob");
    let change = ThreadChanged { title: Some(Some("new".into())), metadata: None };
    script.happen(thread, "ann", Change::ThreadChanged(change));
    script.happen(thread, "ann", Change::ThreadArchived);
    let none = here.states.load(0, &[thread], &[(thread, message_id(1))]).await.unwrap();
    assert_eq!((none.states, none.facts, none.progress), (vec![None], vec![None], Progress::default()));
    let unknown = ThreadId::of_key("unknown");
    let messages: Vec<_> =
        (1..=5).map(|number| (thread, message_id(number))).chain([(unknown, message_id(1))]).collect();
    let mut folded = Thread::default();
    for count in 1..=script.events.len() {
        script.apply_some(&here.all, 1).await;
        let event = &script.events[count - 1].event;
        Thread::evolve(&mut folded, event);
        let loaded = here.states.load(0, &[unknown, thread], &messages).await.unwrap();
        assert_eq!(loaded.progress, script.progress(count));
        // No id is ahead of the last event.
        let known_floor = Some(MessageId::last_minted_at(event.at));
        let expected = Thread { known: BTreeMap::new(), known_floor, ..folded.clone() };
        assert_eq!(loaded.states, [None, Some(expected)]);
        let known = (1..=5).map(|number| folded.known.get(&message_id(number)).cloned().flatten());
        assert_eq!(loaded.facts, known.chain([None]).collect::<Vec<_>>());
    }
    // The same in one batch.
    let at_once = fresh().await;
    let (end, start) = (script.progress(script.events.len()), Progress::default());
    at_once.project_events(0, start, end, &script.events).await.unwrap();
    assert_eq!(at_once.checksums().await, here.checksums().await);
}

#[tokio::test]
async fn waiting_ends_when_the_record_is_there_or_the_time_is_up() {
    let here = fresh().await;
    let mut script = Script::new(1);
    let thread = script.group(1, &["ann"]);
    script.post(thread, "ann", "x");
    let position = |offset| Position { topic: Topic::Messages, partition: 1, offset };
    let behind = here.views.wait_for(position(0), Duration::from_millis(5)).await;
    assert!(matches!(behind, Err(Error::Behind)), "{behind:?}");
    script.apply_some(&here.all, 1).await;
    here.views.wait_for(position(0), Duration::ZERO).await.unwrap();
    let waiting: Vec<_> = (0..500)
        .map(|_| {
            let views = here.views.clone();
            tokio::spawn(async move { views.wait_for(position(1), Duration::from_secs(30)).await })
        })
        .collect();
    script.apply(&here.all).await;
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
}
