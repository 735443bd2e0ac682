//! Judges what every client of a run saw: nothing acknowledged is lost, nothing doubled, order equal everywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

/// A send that was answered `ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Who sent it.
    pub client: String,
    /// Where.
    pub thread: Uuid,
    /// The message's id.
    pub message: Uuid,
    /// The seq in the `ok`.
    pub seq: u64,
    /// The number in the `ok`.
    pub number: u64,
}

/// An event as a client was handed it, after the client dropped `seq <= last seen`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The thread.
    pub thread: Uuid,
    /// Its place in the thread.
    pub seq: u64,
    /// What it says, as canonical text: equal texts are equal events.
    pub event: String,
    /// The message posted, if it is a posting: its id and number.
    pub posted: Option<(Uuid, u64)>,
}

/// All that was observed in a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every `ok`.
    pub acknowledged: Vec<Acknowledged>,
    /// What each client was handed, in its order.
    pub seen: BTreeMap<String, Vec<Seen>>,
    /// The views' timeline of each thread at the end.
    pub timeline: BTreeMap<Uuid, Vec<Seen>>,
}

/// A broken promise; the fields say whose and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// Acknowledged, but not in the views.
    Lost { thread: Uuid, message: Uuid, seq: u64 },
    /// In the views, but a client that listened to the end was never handed it.
    Unseen { client: String, thread: Uuid, seq: u64 },
    /// A client was handed the same (thread, seq) twice, or a message stands at two places.
    Doubled { client: String, thread: Uuid, seq: u64 },
    /// A client was handed a seq below one it had.
    Reordered { client: String, thread: Uuid, seq: u64, after: u64 },
    /// A client was handed a seq that is not the next one.
    Hole { client: String, thread: Uuid, expected: u64, seq: u64 },
    /// Two observers have different events for the same (thread, seq).
    Different { client: String, thread: Uuid, seq: u64 },
    /// An `ok` named another place than the event has.
    WrongOutcome { client: String, thread: Uuid, message: Uuid },
    /// A message number that is not the next one.
    NumberHole { thread: Uuid, expected: u64, number: u64 },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Every violation in the history; none means that the run kept its promises.
pub fn check(history: &History) -> BTreeSet<Violation> {
    let mut violations = BTreeSet::new();
    for (thread, timeline) in &history.timeline {
        check_stream("projections", *thread, timeline.iter(), &mut violations);
        check_numbers(*thread, timeline, &mut violations);
        check_single_postings(*thread, timeline, &mut violations);
    }
    for (client, seen) in &history.seen {
        let mut streams: BTreeMap<Uuid, Vec<&Seen>> = BTreeMap::new();
        for event in seen {
            streams.entry(event.thread).or_default().push(event);
        }
        for (thread, stream) in streams {
            check_stream(client, thread, stream.iter().copied(), &mut violations);
            check_against_views(client, thread, &stream, history, &mut violations);
        }
    }
    check_acknowledged(history, &mut violations);
    violations
}

/// Seqs of one thread rise by one, from wherever the observer came in.
fn check_stream<'a>(
    client: &str,
    thread: Uuid,
    stream: impl Iterator<Item = &'a Seen>,
    violations: &mut BTreeSet<Violation>,
) {
    let mut last: Option<u64> = None;
    let client = client.to_owned();
    for Seen { seq, .. } in stream {
        let seq = *seq;
        match last {
            Some(last) if seq == last => violations.insert(Violation::Doubled { client: client.clone(), thread, seq }),
            Some(after) if seq < after => {
                violations.insert(Violation::Reordered { client: client.clone(), thread, seq, after })
            }
            Some(last) if seq > last + 1 => {
                violations.insert(Violation::Hole { client: client.clone(), thread, expected: last + 1, seq })
            }
            _ => true,
        };
        last = last.max(Some(seq));
    }
}

fn check_numbers(thread: Uuid, timeline: &[Seen], violations: &mut BTreeSet<Violation>) {
    let numbers = timeline.iter().filter_map(|seen| seen.posted).map(|(_, number)| number);
    for (expected, number) in (1..).zip(numbers) {
        if number != expected {
            violations.insert(Violation::NumberHole { thread, expected, number });
            return;
        }
    }
}

fn check_single_postings(thread: Uuid, timeline: &[Seen], violations: &mut BTreeSet<Violation>) {
    let mut messages = BTreeSet::new();
    for seen in timeline {
        if let Some((message, _)) = seen.posted
            && !messages.insert(message)
        {
            violations.insert(Violation::Doubled { client: "projections".into(), thread, seq: seen.seq });
        }
    }
}

/// What a client was handed equals what the views have from its first seq on, to the end.
fn check_against_views(
    client: &str,
    thread: Uuid,
    stream: &[&Seen],
    history: &History,
    violations: &mut BTreeSet<Violation>,
) {
    let Some(timeline) = history.timeline.get(&thread) else { return };
    let by_seq: BTreeMap<u64, &Seen> = stream.iter().map(|seen| (seen.seq, *seen)).collect();
    let Some(&first) = by_seq.keys().next() else { return };
    for stored in timeline.iter().filter(|stored| stored.seq >= first) {
        let (client, seq) = (client.to_owned(), stored.seq);
        match by_seq.get(&seq) {
            None => violations.insert(Violation::Unseen { client, thread, seq }),
            Some(seen) if seen.event != stored.event => violations.insert(Violation::Different { client, thread, seq }),
            Some(_) => true,
        };
    }
    let last = timeline.last().map_or(0, |stored| stored.seq);
    for &seq in by_seq.keys().filter(|&&seq| seq > last) {
        violations.insert(Violation::Different { client: client.to_owned(), thread, seq });
    }
}

fn check_acknowledged(history: &History, violations: &mut BTreeSet<Violation>) {
    let stored: BTreeMap<(Uuid, Uuid), (u64, u64)> = history
        .timeline
        .iter()
        .flat_map(|(thread, timeline)| timeline.iter().map(move |seen| (*thread, seen)))
        .filter_map(|(thread, seen)| seen.posted.map(|(message, number)| ((thread, message), (seen.seq, number))))
        .collect();
    for Acknowledged { client, thread, message, seq, number } in &history.acknowledged {
        let (thread, message) = (*thread, *message);
        match stored.get(&(thread, message)) {
            None => violations.insert(Violation::Lost { thread, message, seq: *seq }),
            Some(place) if *place != (*seq, *number) => {
                violations.insert(Violation::WrongOutcome { client: client.clone(), thread, message })
            }
            Some(_) => true,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clients see ten messages each; every send was acknowledged.
    fn sound() -> History {
        let thread = Uuid::from_u128(7);
        let events: Vec<Seen> = (1..=10)
            .map(|n: u64| Seen {
                thread,
                seq: n + 1,
                event: format!("posted {n}"),
                posted: Some((Uuid::from_u128(u128::from(100 + n)), n)),
            })
            .collect();
        let created = Seen { thread, seq: 1, event: "created".into(), posted: None };
        let timeline: Vec<Seen> = std::iter::once(created).chain(events.iter().cloned()).collect();
        let acknowledged = events
            .iter()
            .map(|seen| {
                let (message, number) = seen.posted.expect("a posting");
                Acknowledged { client: "ann".into(), thread, message, seq: seen.seq, number }
            })
            .collect();
        History {
            acknowledged,
            seen: BTreeMap::from([("ann".into(), timeline.clone()), ("bob".into(), events)]),
            timeline: BTreeMap::from([(thread, timeline)]),
        }
    }

    fn bobs(history: &mut History) -> &mut Vec<Seen> {
        history.seen.get_mut("bob").expect("bob is there")
    }

    fn views(history: &mut History) -> &mut Vec<Seen> {
        history.timeline.values_mut().next().expect("one thread")
    }

    #[test]
    fn a_sound_run_has_no_violation() {
        assert_eq!(check(&sound()), BTreeSet::new());
    }

    #[test]
    fn a_dropped_delivery_is_caught() {
        let mut history = sound();
        bobs(&mut history).remove(4);
        let found = check(&history);
        assert!(found.iter().any(|v| matches!(v, Violation::Hole { .. })), "{found:?}");
        assert!(found.iter().any(|v| matches!(v, Violation::Unseen { .. })), "{found:?}");
    }

    #[test]
    fn a_missing_end_is_caught() {
        let mut history = sound();
        bobs(&mut history).truncate(8);
        assert!(check(&history).iter().all(|v| matches!(v, Violation::Unseen { .. })));
        assert_eq!(check(&history).len(), 2);
    }

    #[test]
    fn a_doubled_delivery_is_caught() {
        let mut history = sound();
        let again = bobs(&mut history)[4].clone();
        bobs(&mut history).insert(5, again);
        assert!(matches!(check(&history).first(), Some(Violation::Doubled { .. })));
    }

    #[test]
    fn a_reordered_delivery_is_caught() {
        let mut history = sound();
        bobs(&mut history).swap(4, 5);
        assert!(check(&history).iter().any(|v| matches!(v, Violation::Reordered { .. })));
    }

    #[test]
    fn a_lost_acknowledged_message_is_caught() {
        let mut history = sound();
        views(&mut history).pop();
        bobs(&mut history).pop();
        history.seen.get_mut("ann").expect("ann is there").pop();
        assert!(matches!(check(&history).first(), Some(Violation::Lost { .. })));
    }

    #[test]
    fn a_message_stored_twice_is_caught() {
        let mut history = sound();
        let mut again = views(&mut history)[10].clone();
        again.seq = 12;
        views(&mut history).push(again);
        assert!(check(&history).iter().any(|v| matches!(v, Violation::Doubled { .. })));
    }

    #[test]
    fn two_clients_with_different_events_at_one_seq_are_caught() {
        let mut history = sound();
        bobs(&mut history)[2].event = "posted something else".into();
        assert!(matches!(check(&history).first(), Some(Violation::Different { .. })));
    }

    #[test]
    fn an_ok_that_names_another_place_is_caught() {
        let mut history = sound();
        history.acknowledged[3].seq += 1;
        assert!(matches!(check(&history).first(), Some(Violation::WrongOutcome { .. })));
    }
}
