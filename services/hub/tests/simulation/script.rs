//! A random script of everything that happens to a hub.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use threadline_domain::{Offset, Partition, ThreadId, Topic, UserId};
use threadline_hub::{Join, Joined, Joining, Membership, NotJoined, visible};
use threadline_wire::Offsets;
use uuid::Uuid;

use crate::client::{Client, Connection, MissedEvent, cursor_text, offsets_of};
use crate::edge::{Edge, SimSession};
use crate::log::{Kind, Log, TOPICS};
use crate::model;

const STEPS: usize = 600;
const EDGES: usize = 2;

pub(crate) struct Script {
    rng: StdRng,
    log: Log,
    /// The projection's progress in `messages`.
    views: BTreeMap<Partition, Offset>,
    edges: Vec<Edge>,
    clients: Vec<Client>,
    users: Vec<UserId>,
    seen: Seen,
}

/// How often each case happened, so that a script that tests nothing is noticed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    joined: u64,
    behind: u64,
    from_views: u64,
    ahead_of_snapshot: u64,
    old_cursors: u64,
    missed: u64,
    slow: u64,
    drops: u64,
    frames: u64,
    frames_wanted: u64,
    duplicates: u64,
    lost: u64,
    substituted: u64,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        let Self { joined, behind, from_views, ahead_of_snapshot, old_cursors, missed, slow, drops, frames, .. } =
            other;
        let Self { frames_wanted, duplicates, lost, substituted, .. } = other;
        self.joined += joined;
        self.behind += behind;
        self.from_views += from_views;
        self.ahead_of_snapshot += ahead_of_snapshot;
        self.old_cursors += old_cursors;
        self.missed += missed;
        self.slow += slow;
        self.drops += drops;
        self.frames += frames;
        self.frames_wanted += frames_wanted;
        self.duplicates += duplicates;
        self.lost += lost;
        self.substituted += substituted;
    }

    pub(crate) fn assert_complete(&self) {
        let Self { joined, behind, from_views, ahead_of_snapshot, old_cursors, missed, slow, drops, frames, .. } = self;
        let Self { frames_wanted, duplicates, lost, substituted, .. } = self;
        let first = [joined, behind, from_views, ahead_of_snapshot, old_cursors, missed, slow, drops, frames];
        let then = [frames_wanted, duplicates, lost, substituted];
        assert!(first.into_iter().chain(then).all(|&count| count > 50), "{self:?}");
    }
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let log = Log::new(rng.random_range(1..=4), rng.random_range(1..=2));
        let views: BTreeMap<_, _> = (0..log.count(Topic::Messages)).map(|partition| (partition, 0)).collect();
        let users: Vec<_> =
            (0..rng.random_range(2..=7)).map(|number| UserId::new(&format!("u{number}")).expect("an id")).collect();
        let clients = users.iter().flat_map(|user| [user.clone(), user.clone()]);
        let clients = clients.map(|user| Client { user, cursors: Vec::new(), connection: None }).collect();
        let edges = (0..EDGES).map(|_| Edge::start(&log, &views, &mut rng)).collect();
        Self { rng, log, views, edges, clients, users, seen: Seen::default() }
    }

    pub(crate) fn run(mut self) -> Seen {
        for _ in 0..STEPS {
            match self.rng.random_range(0..100) {
                0..30 => self.append(),
                30..55 => self.publish_somewhere(),
                55..63 => self.project(),
                63..75 => self.connect(),
                75..80 => self.read(),
                80..86 => self.ping(),
                86..91 => self.disconnect_someone(),
                91..97 => self.block_someone(),
                97..99 => self.edges.choose(&mut self.rng).expect("an edge").hub.forget_frames(),
                _ => self.restart(),
            }
            self.close_slow();
        }
        self.settle();
        self.seen
    }

    fn append(&mut self) {
        let rng = &mut self.rng;
        let thread = ThreadId(Uuid::from_u128(rng.random_range(0..8)));
        let user = self.users.choose(rng).expect("a user").clone();
        let Some(state) = self.log.threads.get(&thread) else {
            let members: Vec<_> = self.users.iter().filter(|_| rng.random_bool(0.5)).cloned().collect();
            return self.log.append(thread, Membership::Created(members.into()), false, 0);
        };
        let is_member = state.members.contains(&user);
        let leap = if rng.random_bool(0.1) { rng.random_range(1..5) } else { 0 };
        match rng.random_range(0..20) {
            0..4 if is_member => self.log.append(thread, Membership::Removed(user), false, leap),
            0..4 => self.log.append(thread, Membership::Added(user), false, leap),
            4 => self.log.append_lost(thread),
            5 => {
                let topic = *TOPICS.choose(rng).expect("a topic");
                let partition = rng.random_range(0..self.log.count(topic));
                self.log.append_duplicate(topic, partition, rng.random_range(0..6));
            }
            6..9 => {
                let partition = rng.random_range(0..self.log.count(Topic::Disputes));
                let users = self.users.iter().filter(|_| rng.random_bool(0.4)).cloned().collect();
                self.log.append_for(partition, users);
            }
            _ => self.log.append(thread, Membership::Unchanged, true, leap),
        }
    }

    fn publish_somewhere(&mut self) {
        let edge = self.rng.random_range(0..EDGES);
        publish(&self.edges[edge], &self.log, &mut self.rng);
    }

    fn project(&mut self) {
        let partition = self.rng.random_range(0..self.log.count(Topic::Messages));
        let end = self.log.end(Topic::Messages, partition);
        let progress = self.views.get_mut(&partition).expect("a partition");
        *progress = self.rng.random_range(*progress..=end);
    }

    fn connect(&mut self) {
        let client = self.rng.random_range(0..self.clients.len());
        if self.clients[client].connection.is_none() {
            let edge = self.rng.random_range(0..EDGES);
            self.join(client, edge);
        }
    }

    fn cursor_for(&mut self, client: usize) -> Option<Offsets> {
        let cursors = &self.clients[client].cursors;
        if cursors.is_empty() || self.rng.random_bool(0.1) {
            return None;
        }
        if self.rng.random_bool(0.3) {
            self.seen.old_cursors += 1;
            return cursors.choose(&mut self.rng).map(|cursor| offsets_of(cursor));
        }
        cursors.last().map(|cursor| offsets_of(cursor))
    }

    fn join(&mut self, client: usize, number: usize) {
        let asked = self.cursor_for(client);
        let user = self.clients[client].user.clone();
        let snapshot: Offsets = [(Topic::Messages, self.views.values().copied().collect())].into();
        let from = asked.unwrap_or_else(|| snapshot.clone());
        if from[&Topic::Messages].iter().zip(self.views.values()).any(|(from, snapshot)| from > snapshot) {
            self.seen.ahead_of_snapshot += 1;
        }
        let mut memberships = Vec::new();
        for (&partition, &progress) in &self.views {
            let ended_since = from[&Topic::Messages][partition as usize];
            memberships.extend(model::memberships(&self.log, &user, partition, progress, ended_since));
        }
        let session = Arc::new(SimSession::new(self.rng.random_range(4..100)));
        let join = Join {
            user: &user,
            session: Arc::clone(&session),
            memberships: &memberships,
            snapshot: &snapshot,
            from: &from,
        };
        let edge = &self.edges[number];
        let joining = Joining::start(&edge.hub, join).expect("a seat");
        let mut joined = join_all(joining, edge, &self.log, &mut self.rng);
        let joined = match &mut joined {
            Ok(joined) => joined,
            Err(NotJoined::Behind) => return self.seen.behind += 1,
            Err(error) => panic!("{error:?}"),
        };
        self.seen.joined += 1;
        let mut from = from.clone();
        for topic in TOPICS {
            let known = from.entry(topic).or_insert_with(|| joined.at[&topic].clone());
            for (partition, known) in (0..).zip(known) {
                if topic != Topic::Messages && joined.uncovered.contains(&(topic, partition)) {
                    // Nothing but the ring holds these: the client is told to load them again.
                    *known = joined.at[&topic][partition as usize];
                }
            }
        }
        let mut missed = Vec::new();
        for &(topic, partition) in joined.uncovered.iter().filter(|(topic, _)| *topic == Topic::Messages) {
            self.seen.from_views += 1;
            let from = from[&topic][partition as usize];
            for record in model::range(&self.log, topic, partition, from, self.views[&partition]) {
                if let Kind::Event(event) = &record.kind
                    && memberships.iter().any(|known| event.audience == threadline_hub::Audience::Thread(known.thread))
                {
                    missed.push(MissedEvent::Row(event.clone()));
                }
            }
        }
        missed.extend(std::mem::take(&mut joined.missed).into_iter().map(MissedEvent::Entry));
        let seen = visible(&user, &missed, []);
        let mut backlog: Vec<_> = seen.iter().map(|event| event.frame()).collect();
        self.seen.missed += backlog.len() as u64;
        backlog.push(format!("pong {}", cursor_text(joined.at.clone())));
        session.block(false);
        let (at, user) = (joined.at.clone(), Arc::clone(&joined.user));
        self.clients[client].cursors.push(cursor_text(from.clone()));
        self.clients[client].connection = Some(Connection { edge: number, user, session, from, at, backlog });
    }

    fn read(&mut self) {
        for client in &self.clients {
            if let Some(connection) = &client.connection {
                connection.session.block(false);
            }
        }
    }

    fn ping(&mut self) {
        let connected = self.clients.iter().filter_map(|client| client.connection.as_ref());
        for connection in connected {
            let cursor = cursor_text(self.edges[connection.edge].hub.progress().offsets());
            connection.session.queue.push(format!("pong {cursor}").into());
            connection.session.flush();
        }
    }

    fn block_someone(&mut self) {
        if let Some(connection) = self.clients.choose(&mut self.rng).and_then(|client| client.connection.as_ref()) {
            connection.session.block(true);
        }
    }

    fn disconnect_someone(&mut self) {
        let client = self.rng.random_range(0..self.clients.len());
        self.seen.drops += u64::from(self.clients[client].connection.is_some());
        self.disconnect(client);
    }

    fn disconnect(&mut self, client: usize) {
        let client = &mut self.clients[client];
        let Some(connection) = client.connection.take() else { return };
        let edge = &self.edges[connection.edge];
        let cursors = connection.check(&self.log, &client.user, edge, false);
        self.seen.frames += connection.session.written().len() as u64;
        client.cursors.extend(cursors);
        edge.hub.leave(&connection.user, &connection.session);
    }

    fn close_slow(&mut self) {
        for client in 0..self.clients.len() {
            let is_closed = |connection: &Connection| connection.session.is_closed();
            if self.clients[client].connection.as_ref().is_some_and(is_closed) {
                self.seen.slow += 1;
                self.disconnect(client);
            }
        }
    }

    fn restart(&mut self) {
        let number = self.rng.random_range(0..EDGES);
        for client in 0..self.clients.len() {
            if self.clients[client].connection.as_ref().is_some_and(|connection| connection.edge == number) {
                self.disconnect(client);
            }
        }
        let edge = Edge::start(&self.log, &self.views, &mut self.rng);
        let old = std::mem::replace(&mut self.edges[number], edge);
        self.note(&old);
    }

    fn note(&mut self, edge: &Edge) {
        self.seen.frames_wanted += edge.seen.borrow().frames_wanted;
        self.seen.duplicates += edge.seen.borrow().duplicates;
        self.seen.lost += edge.seen.borrow().lost;
        self.seen.substituted += edge.substituted.borrow().len() as u64;
    }

    /// Lets everything run to its end, and checks that nothing is missing then and that nothing is kept.
    fn settle(&mut self) {
        let all: Vec<_> = self.log.partitions.keys().copied().collect();
        for number in 0..EDGES {
            for &(topic, partition) in &all {
                self.edges[number].publish(&self.log, topic, partition, usize::MAX, &mut self.rng);
            }
        }
        self.close_slow();
        self.read();
        self.ping();
        for client in &self.clients {
            if let Some(connection) = &client.connection {
                connection.check(&self.log, &client.user, &self.edges[connection.edge], true);
            }
        }
        for client in 0..self.clients.len() {
            self.disconnect(client);
        }
        for edge in std::mem::take(&mut self.edges) {
            assert_eq!((edge.hub.count_sessions(), edge.hub.users().len()), (0, 0));
            assert!(self.log.threads.keys().all(|&thread| !edge.hub.wants(thread)), "nobody is here any more");
            self.note(&edge);
        }
    }
}

/// Publishes some records of one partition.
fn publish(edge: &Edge, log: &Log, rng: &mut StdRng) {
    let all: Vec<_> = log.partitions.keys().copied().collect();
    let &(topic, partition) = all.choose(rng).expect("a partition");
    let count = rng.random_range(1..12);
    edge.publish(log, topic, partition, count, rng);
}

/// Joins shard by shard; other work runs in between.
fn join_all(
    mut joining: Joining<'_, SimSession>,
    edge: &Edge,
    log: &Log,
    rng: &mut StdRng,
) -> Result<Joined<SimSession>, NotJoined> {
    while joining.next_shard()? {
        if rng.random_bool(0.3) {
            publish(edge, log, rng);
        }
    }
    joining.finish()
}
