//! What the decider needs to know of an aggregate: one engine serves them all.

use std::fmt::Debug;
use std::hash::Hash;

/// What a command leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Event, Outcome, Rejection> {
    /// This event is to be appended.
    Event(Event),
    /// The command changes nothing: an earlier event had its effect, with this outcome.
    NoChange(Outcome),
    /// A rule rejects it.
    Rejected(Rejection),
}

/// The [`Decision`] of an aggregate.
pub type DecisionOf<A> = Decision<<A as Aggregate>::Event, <A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// What is known of an event whose body cannot be read any more. Its numbers are taken all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostEvent<Id> {
    /// The aggregate.
    pub id: Id,
    /// The event's place in the aggregate.
    pub seq: u64,
    /// The number that it gave to a message, if it did.
    pub number: Option<u64>,
}

/// Something that has an order of its own and one writer: a thread, a dispute, a payment.
///
/// A state may leave out facts of old parts (a thread does not hold all its messages). [`Aggregate::missing`]
/// names the one that a command needs; the engine looks it up and hands it to [`Aggregate::admit`] before it decides.
pub trait Aggregate: Send + Sync + 'static {
    /// Its identity, which is also its key in the log.
    type Id: Copy + Eq + Hash + Debug + Send + Sync;
    /// All that its rules look at. The default is the state before the first event.
    type State: Clone + Default + Debug + Send + Sync;
    /// What is asked of it.
    type Command: Clone + Debug + Send + Sync;
    /// What happened to it.
    type Event: Clone + Debug + Send + Sync;
    /// What a command led to, as the client is told.
    type Outcome: Clone + Debug + PartialEq + Send + Sync;
    /// The rule that rejects a command.
    type Rejection: Clone + Debug + PartialEq + Send + Sync;
    /// Names a fact that a state may leave out.
    type FactId: Copy + Eq + Debug + Send + Sync;
    /// The fact itself.
    type Fact: Clone + Debug + Send + Sync;

    /// Which aggregate a command is for.
    fn id_of(command: &Self::Command) -> Self::Id;

    /// Which aggregate an event happened to.
    fn id_of_event(event: &Self::Event) -> Self::Id;

    /// The event's place in its aggregate: 1, 2, 3 … without holes.
    fn seq(event: &Self::Event) -> u64;

    /// Returns what the event's command led to: the answer to the client that asked.
    fn outcome(event: &Self::Event) -> Self::Outcome;

    /// The seq of the last event in this state; 0 before the first.
    fn last_seq(state: &Self::State) -> u64;

    /// The fact that the state leaves out and this command needs, if any.
    fn missing(state: &Self::State, command: &Self::Command) -> Option<Self::FactId>;

    /// Puts a looked-up fact into the state; `None` says that there is no such fact.
    fn admit(state: &mut Self::State, id: Self::FactId, fact: Option<Self::Fact>);

    /// The fact after this event, given the fact before it. A lookup is a stored fact brought up to date by this.
    fn evolve_fact(id: Self::FactId, fact: &mut Option<Self::Fact>, event: &Self::Event);

    /// Decides a command: one event, or the reason for none.
    fn decide(state: &Self::State, command: &Self::Command) -> DecisionOf<Self>;

    /// Folds an event into the state. An event that is not the next one (`seq != last_seq + 1`) changes nothing.
    fn evolve(state: &mut Self::State, event: &Self::Event);

    /// Folds an event whose body is lost into the state, so that no number is given a second time. Like
    /// [`evolve`](Self::evolve), it changes nothing unless the event is the next one.
    fn evolve_lost(state: &mut Self::State, lost: &LostEvent<Self::Id>);

    /// Roughly how many bytes of memory the state takes.
    fn weight_bytes(state: &Self::State) -> usize;
}
