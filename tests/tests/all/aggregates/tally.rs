//! A made-up aggregate on the topics of disputes: a sum that grows step by step, and the users who watch it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use threadline_decider::{Loaded, States};
use threadline_domain::{
    Aggregate, Decision, DecisionOf, LostEvent, Offset, Partition, Position, ThreadId, Timestamp, Topic, UserId,
};
use threadline_edge::hub::Delivered;
use threadline_eventlog::codec::{CommandReply, DecodeError, Refusal};
use threadline_eventlog::{LoggedAggregate, RefusalOf, ReplyOf};
use threadline_hub::Audience;
use threadline_projections::{Error, Progress};
use threadline_sealing::{SealContext, TextMut, Typed};
use threadline_wire::avro::{self, Encoded};

/// The greatest sum.
pub(super) const TOTAL_MAX: u64 = 1_000;

/// The sums after each step.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Vec<u64>);

/// Adds to a tally, as its nth step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Add {
    pub(super) tally: u64,
    pub(super) step: u64,
    pub(super) by: u64,
    pub(super) watchers: Vec<String>,
}

/// A tally has grown.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Added {
    tally: u64,
    seq: u64,
    total: u64,
    watchers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    pub(super) seq: u64,
    pub(super) total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum TooMuch {
    /// The sum would be too great.
    Total,
    /// Steps before it are missing.
    Step,
}

/// An event with its cause, as the log carries it.
#[derive(Serialize, Deserialize)]
struct Caused {
    event: Added,
    cause: Offset,
}

/// A refusal, as the log carries it.
#[derive(Serialize, Deserialize)]
enum Reply {
    Settled(Sum),
    Rejected(TooMuch),
    Unavailable(String),
}

impl Aggregate for Tally {
    type Id = u64;
    type State = Self;
    type Command = Add;
    type Event = Added;
    type Outcome = Sum;
    type Rejection = TooMuch;
    type FactId = ();
    type Fact = ();

    fn id_of(command: &Add) -> u64 {
        command.tally
    }

    fn id_of_event(event: &Added) -> u64 {
        event.tally
    }

    fn seq(event: &Added) -> u64 {
        event.seq
    }

    fn outcome(event: &Added) -> Sum {
        Sum { seq: event.seq, total: event.total }
    }

    fn last_seq(state: &Self) -> u64 {
        state.0.len() as u64
    }

    fn missing(_: &Self, _: &Add) -> Option<()> {
        None
    }

    fn admit(_: &mut Self, (): (), _: Option<()>) {}

    fn evolve_fact((): (), _: &mut Option<()>, _: &Added) {}

    fn decide(state: &Self, command: &Add) -> DecisionOf<Self> {
        let (seq, total) = (Self::last_seq(state), state.0.last().copied().unwrap_or_default());
        if let Some(&total) = command.step.checked_sub(1).and_then(|place| state.0.get(place as usize)) {
            return Decision::NoChange(Sum { seq: command.step, total });
        }
        if command.step != seq + 1 {
            return Decision::Rejected(TooMuch::Step);
        }
        let total = total + command.by;
        if total > TOTAL_MAX {
            return Decision::Rejected(TooMuch::Total);
        }
        Decision::Event(Added { tally: command.tally, seq: command.step, total, watchers: command.watchers.clone() })
    }

    fn evolve(state: &mut Self, event: &Added) {
        if event.seq == Self::last_seq(state) + 1 {
            state.0.push(event.total);
        }
    }

    fn evolve_lost(_: &mut Self, _: &LostEvent<u64>) {}

    fn weight_bytes(state: &Self) -> usize {
        8 * state.0.len()
    }
}

impl LoggedAggregate for Tally {
    const COMMANDS: Topic = Topic::DisputesCommands;

    fn parse_id(text: &[u8]) -> Option<u64> {
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    fn at(_: &Added) -> Timestamp {
        Timestamp(0)
    }

    fn encode_command(command: &Add) -> Encoded {
        framed("add", command)
    }

    fn decode_command(value: &[u8]) -> Result<Add, DecodeError> {
        unframed(value)
    }

    fn encode_event(event: &Added, cause: Offset) -> Encoded {
        framed("added", &Caused { event: event.clone(), cause })
    }

    fn decode_event(value: &[u8]) -> Result<(Added, Offset), DecodeError> {
        unframed(value).map(|Caused { event, cause }| (event, cause))
    }

    fn encode_refusal(id: Option<u64>, reply: ReplyOf<Self>) -> Encoded {
        let reply = match reply {
            CommandReply::AlreadyApplied(sum) => Reply::Settled(sum),
            CommandReply::Rejected(why) => Reply::Rejected(why),
            CommandReply::Unavailable { reason } => Reply::Unavailable(reason),
        };
        framed("not_added", &(id.unwrap_or_default(), reply))
    }

    fn decode_refusal(value: &[u8]) -> Result<RefusalOf<Self>, DecodeError> {
        let (id, reply) = unframed(value)?;
        let reply = match reply {
            Reply::Settled(sum) => CommandReply::AlreadyApplied(sum),
            Reply::Rejected(why) => CommandReply::Rejected(why),
            Reply::Unavailable(reason) => CommandReply::Unavailable { reason },
        };
        Ok(Refusal { id, reply })
    }
}

impl Delivered for Tally {
    fn thread_of(_: u64) -> Option<ThreadId> {
        None
    }

    fn audience(event: &Added) -> Audience {
        Audience::Users(event.watchers.iter().filter_map(|user| UserId::new(user).ok()).collect())
    }

    fn frame(position: Position, event: &Added) -> Bytes {
        let Added { tally, seq, total, .. } = event;
        json!({"type": "tally", "tally": tally, "seq": seq, "total": total, "position": position.to_string()})
            .to_string()
            .into()
    }

    fn seq_of(outcome: &Sum) -> u64 {
        outcome.seq
    }
}

impl Typed for Added {
    fn each_text(&mut self, _: &mut dyn FnMut(SealContext<'_>, TextMut<'_>)) {}
}

/// No projection holds tallies: every state comes from the log.
#[derive(Clone)]
pub(super) struct NoStates;

impl States<Tally> for NoStates {
    async fn load(&self, _: Partition, states: &[u64], facts: &[(u64, ())]) -> Result<Loaded<Tally>, Error> {
        let progress = Progress::default();
        Ok(Loaded { states: vec![None; states.len()], facts: vec![None; facts.len()], progress })
    }

    async fn progress(&self) -> Result<BTreeMap<Partition, Progress>, Error> {
        Ok(BTreeMap::new())
    }
}

/// JSON under the id of a schema that every program knows: tallies have none of their own.
fn framed(record: &'static str, body: &impl Serialize) -> Encoded {
    let mut value = vec![0];
    value.extend_from_slice(&avro::Record::ReadMark.newest().id.to_be_bytes());
    value.extend(serde_json::to_vec(body).expect("it has a JSON form"));
    Encoded { value: value.into(), record }
}

fn unframed<T: DeserializeOwned>(value: &[u8]) -> Result<T, DecodeError> {
    if let Some(id) = avro::unknown_schema(value) {
        return Err(DecodeError::UnknownSchema { id });
    }
    serde_json::from_slice(value.get(5..).unwrap_or_default()).map_err(|error| DecodeError::Corrupt(error.to_string()))
}
