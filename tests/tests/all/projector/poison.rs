//! Records that cannot be read or applied.

use threadline_domain::Topic;
use threadline_domain::thread::Thread;
use threadline_eventlog::codec::{self, Context};
use threadline_eventlog::{EventLog, Headers, LoggedAggregate, NewRecord, Start, header};

use super::World;
use crate::projections::{Script, user};

#[tokio::test]
async fn a_partition_goes_on_behind_a_poison_record() {
    let world = World::new(11).await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann", "bob"]);
    script.post(thread, "ann", "fine");
    script.poison(thread);
    script.post(thread, "ann", "cut off");
    script.post(thread, "bob", "fine again");
    let event = |index: usize| {
        let recorded = &script.events[index];
        Thread::event_record(&recorded.event, recorded.cause, &Context::default())
    };
    let unreadable = |cause: u64| NewRecord {
        key: "key".into(),
        value: Some(b"\0\0\0\0\x01no posted message".as_slice().into()),
        headers: Headers::new().with(header::CAUSE, cause.to_string()),
    };
    // Its headers still tell which seq and number it took.
    let cut_off = || {
        let whole = event(3);
        let value = whole.value.as_ref().map(|value| value.slice(..value.len() - 4));
        NewRecord { value, ..whole }
    };
    let unreadable_twice = [unreadable(5), unreadable(5)];
    let records = [event(0), unreadable(1), event(1), event(2)].into_iter().chain(unreadable_twice);
    for record in records.chain([cut_off(), event(4)]) {
        world.log.append_to(Topic::Messages, 0, record).await.unwrap();
    }
    let nothing = NewRecord { key: "ann".into(), value: None, headers: Headers::new() };
    world.log.append_to(Topic::Users, 3, nothing).await.unwrap();

    let projector = world.start();
    world.caught_up(&world.views).await;
    // Offsets 1, 4 and 6 cannot be read (5 is 4 again), 3 cannot be applied, and neither can what says nothing.
    let letters = letters(&world, 5).await;
    assert_eq!(
        letters.keys().map(String::as_str).collect::<Vec<_>>(),
        ["messages:0:1", "messages:0:3", "messages:0:4", "messages:0:6", "users:3:0"]
    );
    assert!(letters["messages:0:3"].contains("timeline"), "{letters:?}");
    assert!(world.views.checksums().await["conversations.dead_letters"].starts_with("5:"));
    let view = world.views.conversations.thread(&user("bob"), thread).await.unwrap().unwrap();
    // The poison had the seq of another event; the one that was cut off keeps its own.
    assert_eq!((view.last_seq, view.last_number), (4, 3));
    assert_eq!(view.last_message.unwrap().content.as_open(), Some("fine again"));
    projector.abort();

    // A rebuild notes the same letters.
    let before = world.views.checksums().await;
    world.drop_views().await;
    let projector = world.start();
    world.caught_up(&world.views).await;
    assert_eq!(world.views.checksums().await, before);
    projector.abort();
}

/// The positions and reasons of the dead letters in the log.
async fn letters(world: &World, count: usize) -> std::collections::BTreeMap<String, String> {
    let starts = (0..world.log.partitions(Topic::DeadLetters)).map(|partition| (partition, Start::At(0)));
    let mut tail = world.log.tail(Topic::DeadLetters, starts.collect());
    let mut letters = std::collections::BTreeMap::new();
    while letters.len() < count {
        for record in tail.next().await.unwrap().records.iter() {
            let letter = codec::read_dead_letter(record).unwrap();
            letters.insert(letter.position.to_string(), letter.reason);
        }
    }
    letters
}
