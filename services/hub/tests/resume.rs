//! A session resumes: what that costs, and that live events go on meanwhile.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use threadline_domain::{Offset, Partition, Position, ThreadId, Topic, UserId};
use threadline_hub::{
    Audience, Content, Event, Hub, HubConfig, Join, JoinMembership, Joining, Membership, NeedsFlush, Outputs,
    Published, Session, Start, Starts, ThreadState,
};
use threadline_wire::Offsets;
use uuid::Uuid;

/// A session that keeps what it receives.
#[derive(Debug, Default)]
struct Inbox(Mutex<Vec<Bytes>>);

impl Session for Inbox {
    fn push(&self, frame: &Bytes) -> NeedsFlush {
        self.0.lock().expect("an inbox").push(frame.clone());
        NeedsFlush::No
    }
}

impl Inbox {
    fn frames(&self) -> Vec<Bytes> {
        self.0.lock().expect("an inbox").clone()
    }
}

fn partition_of(thread: ThreadId, partitions: u32) -> Partition {
    (thread.0.as_u128() % u128::from(partitions)) as Partition
}

fn thread(number: u128) -> ThreadId {
    ThreadId(Uuid::from_u128(number))
}

fn user(id: &str) -> UserId {
    UserId::new(id).expect("a user id")
}

fn hub(partitions: u32) -> Hub<Inbox> {
    let config = HubConfig { ring_bytes_max: 1 << 30, sessions_per_user_max: 4, partition_of };
    Hub::new(config, &Starts::from([(Topic::Messages, vec![Start::default(); partitions as usize])]))
}

/// Publishes an event of a thread at this offset of its partition. Its frame says where it lies.
fn publish(hub: &Hub<Inbox>, thread: ThreadId, offset: Offset) {
    let position = Position { topic: Topic::Messages, partition: hub.partition_of(thread), offset };
    let event = Event {
        position,
        cause: offset,
        audience: Audience::Thread(thread),
        membership: Membership::Unchanged,
        seq: offset + 1,
        number: None,
        text_change: None,
        value: Bytes::from_static(b"value"),
    };
    let frame = Content::Frame(position.to_string().into());
    assert!(matches!(hub.publish(event, frame, &mut Outputs::default()), Published::Delivered));
}

fn frame(partition: Partition, offset: Offset) -> Bytes {
    Position { topic: Topic::Messages, partition, offset }.to_string().into()
}

fn memberships(hub: &Hub<Inbox>, threads: &[ThreadId]) -> Vec<JoinMembership> {
    let member = |&thread| JoinMembership {
        thread,
        partition: hub.partition_of(thread),
        is_member: true,
        state: ThreadState::default(),
    };
    threads.iter().map(member).collect()
}

#[test]
fn between_two_shards_of_a_resuming_session_live_events_reach_it_and_others() {
    let (hub, start) = (hub(2), Offsets::from([(Topic::Messages, vec![0, 0])]));
    let (ann, ben) = (Arc::new(Inbox::default()), Arc::new(Inbox::default()));
    let (zero, one) = (thread(0), thread(1));
    let both = memberships(&hub, &[zero, one]);
    let join = |user, session: &Arc<Inbox>| Join {
        user,
        session: Arc::clone(session),
        memberships: &both,
        snapshot: &start,
        from: &start,
    };
    let (ann_id, ben_id) = (user("ann"), user("ben"));
    Joining::start(&hub, join(&ben_id, &ben)).and_then(Joining::finish).expect("ben joins");
    publish(&hub, zero, 0);
    publish(&hub, one, 0);
    let mut joining = Joining::start(&hub, join(&ann_id, &ann)).expect("ann joins");
    assert_eq!(joining.next_shard(), Ok(true));
    publish(&hub, zero, 1);
    publish(&hub, one, 1);
    assert_eq!(ann.frames(), [frame(0, 1)], "live of the shard that it has joined");
    assert_eq!(ben.frames(), [frame(0, 0), frame(1, 0), frame(0, 1), frame(1, 1)], "nobody waits for ann");
    let joined = joining.finish().expect("ann joins");
    let missed: Vec<Bytes> = joined.missed.iter().map(|entry| entry.event.position.to_string().into()).collect();
    assert_eq!(missed, [frame(0, 0), frame(1, 0), frame(1, 1)], "the rest as missed, and nothing twice");
    assert_eq!(joined.at, Offsets::from([(Topic::Messages, vec![1, 2])]));
    publish(&hub, one, 2);
    assert_eq!(ann.frames(), [frame(0, 1), frame(1, 2)]);
}

/// Returns how long it takes at best to resume two events of one thread from a ring with this many events of others.
fn time_of_resuming(others: Offset) -> Duration {
    let (hub, start) = (hub(1), Offsets::from([(Topic::Messages, vec![0])]));
    let mine = thread(0);
    publish(&hub, mine, 0);
    for offset in 1..=others {
        publish(&hub, thread(1 + u128::from(offset % 1_000)), offset);
    }
    publish(&hub, mine, others + 1);
    let (ann, memberships) = (user("ann"), memberships(&hub, &[mine]));
    let resume = || {
        let (session, began) = (Arc::new(Inbox::default()), Instant::now());
        let join = Join {
            user: &ann,
            session: Arc::clone(&session),
            memberships: &memberships,
            snapshot: &start,
            from: &start,
        };
        let joined = Joining::start(&hub, join).and_then(Joining::finish).expect("ann joins");
        let took = began.elapsed();
        assert_eq!(joined.missed.len(), 2);
        hub.leave(&joined.user, &session);
        took
    };
    (0..50).map(|_| resume()).min().expect("some runs")
}

/// Live events of the shard wait while a session joins it. A walk through the ring takes 100 times as long.
#[test]
fn a_resume_costs_what_it_returns_and_not_what_the_ring_holds() {
    let (small, large) = (time_of_resuming(100), time_of_resuming(100_000));
    assert!(large < small * 10, "{small:?} in a small ring, {large:?} in a large one");
}
