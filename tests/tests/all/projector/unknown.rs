//! Records that a newer program wrote.

use std::time::Duration;

use threadline_domain::thread::Thread;
use threadline_domain::{Position, Topic};
use threadline_eventlog::codec::Context;
use threadline_eventlog::{EventLog, Headers, LoggedAggregate, NewRecord, header};
use threadline_tests::wait::until;

use super::World;
use crate::projections::{Script, user};

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_record_of_an_unknown_schema_stops_its_partition_alone() {
    let world = World::new(12).await;
    let (mut here, mut there) = (Script::new(0), Script::new(1));
    let (stands_still, goes_on) = (here.group(1, &["ann"]), there.group(2, &["ann"]));
    here.post(stands_still, "ann", "before");
    here.post(stands_still, "ann", "after");
    there.post(goes_on, "ann", "beside");
    let event = |script: &Script, index: usize| {
        let recorded = &script.events[index];
        Thread::event_record(&recorded.event, recorded.cause, &Context::default())
    };
    let newer = NewRecord {
        key: "key".into(),
        value: Some(b"\0\0\0\x7f\xffwhat only a newer program can read".as_slice().into()),
        headers: Headers::new().with(header::CAUSE, "3"),
    };
    for record in [event(&here, 0), event(&here, 1), newer, event(&here, 2)] {
        world.log.append_to(Topic::Messages, 0, record).await.unwrap();
    }
    let projector = world.start();
    until("the partition stands still", PATIENCE, async || world.stopped.check().is_err()).await;
    let said = "stopped at messages:0:2: no schema has the id 32767, a newer program wrote it";
    assert_eq!(world.stopped.check(), Err(said.into()));

    // The other partition goes on, and nothing of the one that stands still is skipped.
    for index in 0..2 {
        world.log.append_to(Topic::Messages, 1, event(&there, index)).await.unwrap();
    }
    let last = Position { topic: Topic::Messages, partition: 1, offset: 1 };
    world.views.conversations.wait_for(last, PATIENCE).await.unwrap();
    let view = world.views.conversations.thread(&user("ann"), stands_still).await.unwrap().unwrap();
    assert_eq!((view.last_seq, view.last_number), (2, 1));
    assert_eq!(world.views.conversations.progress(Topic::Messages).await.unwrap()[&0].next, 2);
    assert!(world.views.checksums().await["conversations.dead_letters"].starts_with("0:"), "no letter is about it");
    projector.abort();
}
