//! A topic of the log is away: the others are projected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use threadline_domain::Topic;
use threadline_eventlog::memory::MemoryLog;
use threadline_eventlog::{Appending, Error, EventLog, NewRecord, Ownership, Partition, PartitionOffsets, Start, Tail};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::World;

/// Far longer than the views need, far shorter than an attempt of the projector may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A log that stops answering where a topic ends.
struct Unanswering {
    log: MemoryLog,
    topic: Topic,
    /// Questions that are still answered.
    answered: Semaphore,
    /// Questions that are not.
    unanswered: Semaphore,
}

#[tokio::test]
async fn a_topic_that_does_not_say_where_it_ends_delays_no_other() {
    let mut world = World::new(7).await;
    world.happen(100).await;
    let log = Arc::new(Unanswering {
        log: world.log.clone(),
        topic: Topic::Reads,
        // Where the projector starts.
        answered: Semaphore::new(1),
        unanswered: Semaphore::new(0),
    });
    let projector = world.projector_on(Arc::clone(&log) as Arc<dyn EventLog>, &world.views, &world.database);
    world.caught_up(&world.views).await;
    let asked = timeout(PATIENCE, log.unanswered.acquire()).await;
    asked.expect("the lag is measured").expect("the log is there").forget();
    world.happen(100).await;
    timeout(PATIENCE, world.caught_up(&world.views)).await.expect("the views go on");
    projector.abort();
    world.assert_as_undisturbed().await;
}

#[tokio::test]
async fn a_topic_away_from_the_start_comes_later() {
    let mut world = World::new(8).await;
    world.happen(100).await;
    let partitions = 0..world.log.partitions(Topic::Users);
    for partition in partitions.clone() {
        world.log.set_partition_outage(Topic::Users, partition, true);
    }
    let projector = world.start();
    let events = world.log.ends(Topic::Messages).await.all().expect("events are there");
    for (partition, end) in events {
        if let Some(offset) = end.checked_sub(1) {
            let last = threadline_domain::Position { topic: Topic::Messages, partition, offset };
            world.views.conversations.wait_for(last, PATIENCE).await.expect("events are projected");
        }
    }
    for partition in partitions {
        world.log.set_partition_outage(Topic::Users, partition, false);
    }
    world.caught_up(&world.views).await;
    projector.abort();
    world.assert_as_undisturbed().await;
}

impl EventLog for Unanswering {
    fn partitions(&self, topic: Topic) -> u32 {
        self.log.partitions(topic)
    }

    fn append(&self, topic: Topic, record: NewRecord) -> Appending {
        self.log.append(topic, record)
    }

    fn append_to(&self, topic: Topic, partition: Partition, record: NewRecord) -> Appending {
        self.log.append_to(topic, partition, record)
    }

    fn tail(&self, topic: Topic, from: BTreeMap<Partition, Start>) -> Tail {
        self.log.tail(topic, from)
    }

    fn ends(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        async move {
            if topic == self.topic {
                let Ok(answered) = self.answered.try_acquire() else {
                    self.unanswered.add_permits(1);
                    return std::future::pending().await;
                };
                answered.forget();
            }
            self.log.ends(topic).await
        }
        .boxed()
    }

    fn starts(&self, topic: Topic) -> BoxFuture<'_, PartitionOffsets> {
        self.log.starts(topic)
    }

    fn own(&self, topic: Topic, group: &str) -> Ownership {
        self.log.own(topic, group)
    }

    fn health(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.log.health()
    }

    fn id(&self) -> String {
        self.log.id()
    }
}
