//! Twenty people who talk all the time, and what is found out about it afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;
use threadline_tests::checker::{History, check};
use threadline_tests::cluster::Cluster;
use threadline_tests::person::{Person, timeline};
use threadline_tests::wait::{holds_within, until};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PEOPLE: usize = 20;
const THREADS: usize = 6;
const MEMBERS: usize = 6;
/// Between two messages, all people together.
const SAY_EVERY: Duration = Duration::from_millis(30);
/// How long the last answers and deliveries may take after the faults.
const SETTLE_WITHIN: Duration = Duration::from_mins(1);

/// The people, their threads, and the talking.
pub(crate) struct Town {
    people: Arc<Vec<Person>>,
    threads: Arc<Vec<Thread>>,
    enough: CancellationToken,
    talking: JoinHandle<usize>,
}

struct Thread {
    id: Uuid,
    /// Places in the list of people.
    members: Vec<usize>,
}

impl Town {
    /// Makes threads, connects everyone, and sets them talking.
    pub(crate) async fn settle(cluster: &Cluster, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let everyone: Vec<usize> = (0..PEOPLE).collect();
        let mut threads = Vec::new();
        for _ in 0..THREADS {
            let members: Vec<usize> = everyone.choose_multiple(&mut rng, MEMBERS).copied().collect();
            let names: Vec<String> = members.iter().map(|member| name(*member)).collect();
            let body = json!({"kind": "group", "participants": names});
            let made = cluster.rest(0, &names[0]).post("threads/", body).await.is(201);
            let id = made["id"].as_str().and_then(|id| id.parse().ok()).expect("a thread has an id");
            threads.push(Thread { id, members });
        }
        let people: Vec<Person> =
            everyone.iter().map(|place| Person::start(&name(*place), &cluster.http, cluster.edges())).collect();
        until("everyone is connected", SETTLE_WITHIN, async || people.iter().all(Person::is_connected)).await;
        let (people, threads, enough) = (Arc::new(people), Arc::new(threads), CancellationToken::new());
        let talking = tokio::spawn(talk(Arc::clone(&people), Arc::clone(&threads), rng, enough.clone()));
        Self { people, threads, enough, talking }
    }

    /// Ends the talking, lets everything arrive, and has the judge look at all of it.
    pub(crate) async fn judge(self, cluster: &Cluster) {
        self.enough.cancel();
        let said = self.talking.await.expect("talking does not fail");
        let is_answered = holds_within(SETTLE_WITHIN, async || self.people.iter().all(Person::is_settled)).await;
        let mut history = History::default();
        for thread in self.threads.iter() {
            let reader = name(thread.members[0]);
            let mut events = None;
            holds_within(SETTLE_WITHIN, async || {
                events = timeline(&cluster.http, cluster.edge(0), &reader, thread.id, 0).await;
                events.is_some()
            })
            .await;
            history.timeline.insert(thread.id, events.expect("the edge answers"));
        }
        let is_level = holds_within(SETTLE_WITHIN, async || {
            for thread in self.threads.iter() {
                let reader = name(thread.members[0]);
                let events = history.timeline.get_mut(&thread.id).expect("it was just put there");
                let last = events.last().map_or(0, |event| event.seq);
                events.extend(
                    timeline(&cluster.http, cluster.edge(0), &reader, thread.id, last).await.into_iter().flatten(),
                );
                let last = events.last().map_or(0, |event| event.seq);
                if thread.members.iter().any(|member| self.people[*member].last_seq(thread.id) != last) {
                    return false;
                }
            }
            true
        })
        .await;

        let people = Arc::into_inner(self.people).expect("nobody talks any more");
        let (mut connections, mut resyncs, mut repeated, mut handed) = (0, 0, 0, 0);
        let mut refused = BTreeMap::new();
        for person in people {
            let user = person.user.clone();
            let diary = person.stop().await;
            connections += diary.connections;
            resyncs += diary.resyncs;
            repeated += diary.repeated;
            handed += diary.seen.len();
            for error in &diary.refused {
                *refused.entry(error["error"]["code"].to_string()).or_insert(0) += 1;
            }
            history.acknowledged.extend(diary.acknowledged);
            history.seen.insert(user, diary.seen);
        }
        let violations = check(&history);
        println!(
            "said {said}, acknowledged {}, handed over {handed}, repeated {repeated}, connections {connections}, \
             resyncs {resyncs}, violations {}",
            history.acknowledged.len(),
            violations.len()
        );
        assert!(violations.is_empty(), "{violations:#?}");
        assert!(refused.is_empty(), "refused for good: {refused:?}");
        assert!(is_answered && history.acknowledged.len() == said, "not all that was said was answered ok");
        assert!(is_level, "not everyone saw the end of every thread");
    }
}

/// Somebody says something in a thread of theirs, again and again; returns how often.
async fn talk(
    people: Arc<Vec<Person>>,
    threads: Arc<Vec<Thread>>,
    mut rng: StdRng,
    enough: CancellationToken,
) -> usize {
    let mut beat = tokio::time::interval(SAY_EVERY);
    for said in 0.. {
        tokio::select! {
            _ = beat.tick() => {}
            () = enough.cancelled() => return said,
        }
        let thread = &threads[rng.random_range(0..threads.len())];
        let speaker = thread.members[rng.random_range(0..thread.members.len())];
        people[speaker].say(thread.id, &format!("message {said}"));
    }
    unreachable!("nobody counts that far")
}

fn name(place: usize) -> String {
    format!("person-{place:02}")
}
