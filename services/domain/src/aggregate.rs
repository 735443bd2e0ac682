//! The decider's view of an aggregate: one engine serves them all.

use std::fmt::Debug;
use std::hash::Hash;

/// The result of deciding a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<Event, Outcome, Rejection> {
    /// This event is to be appended.
    Event(Event),
    /// The command changes nothing: an earlier event had its effect, with this outcome. The client gets `ok`.
    NoChange(Outcome),
    /// A rule rejects the command.
    Rejected(Rejection),
}

/// The [`Decision`] of an aggregate.
pub type DecisionOf<A> = Decision<<A as Aggregate>::Event, <A as Aggregate>::Outcome, <A as Aggregate>::Rejection>;

/// An event whose body cannot be read any more, as far as its headers tell. Its numbers stay used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostEvent<Id> {
    pub id: Id,
    /// The event's number in the aggregate.
    pub seq: u64,
    /// The number that it gave to a message, if it gave one.
    pub number: Option<u64>,
}

/// Something with an order of its own and one writer: a thread, a dispute, a payment.
///
/// ```text
/// loop {
///     if let Some(fact_id) = A::missing(&state, &command) { A::admit(&mut state, fact_id, look_up(fact_id)); continue; }
///     match A::decide(&state, &command) {
///         Decision::Event(event) => { A::evolve(&mut state, &event); append(event) }
///         Decision::NoChange(outcome) => reply_ok(outcome),
///         Decision::Rejected(rejection) => reply_error(rejection),
///     }
/// }
/// ```
///
/// A state may leave out facts of old parts: a thread does not hold all its messages (decision 8).
/// [`missing`](Self::missing) names the fact that a command needs; the engine looks it up and hands it to
/// [`admit`](Self::admit) before it decides.
///
/// What an implementer promises:
/// - Nothing fails or panics, whatever the command; a rule that is not met is a rejection.
/// - [`decide`](Self::decide) and the `evolve` functions depend on their arguments only, so that two deciders that read
///   the same commands write the same events.
/// - [`evolve`](Self::evolve) ignores an event that is not the next one, so the same event may be folded in twice.
pub trait Aggregate: Send + Sync + 'static {
    /// Its id, which is also its key in the log.
    type Id: Copy + Eq + Hash + Debug + Send + Sync;
    /// What its rules look at. The default is the state before the first event.
    type State: Clone + Default + Debug + Send + Sync;
    /// What a client asks for.
    type Command: Clone + Debug + Send + Sync;
    type Event: Clone + Debug + Send + Sync;
    /// The result of a command as the client gets it.
    type Outcome: Clone + Debug + PartialEq + Send + Sync;
    /// The rule that rejects a command.
    type Rejection: Clone + Debug + PartialEq + Send + Sync;
    /// The id of a fact that a state may leave out.
    type FactId: Copy + Eq + Debug + Send + Sync;
    /// The fact: what the rules need to know of an old part.
    type Fact: Clone + Debug + Send + Sync;

    /// Returns the aggregate that a command is for.
    fn id_of(command: &Self::Command) -> Self::Id;

    /// Returns the aggregate that an event happened to.
    fn id_of_event(event: &Self::Event) -> Self::Id;

    /// Returns the event's number in its aggregate: 1, 2, 3 … without gaps.
    fn seq(event: &Self::Event) -> u64;

    /// Returns the outcome that the client of the event's command gets.
    fn outcome(event: &Self::Event) -> Self::Outcome;

    /// Returns the seq of the last event in this state; 0 before the first.
    fn last_seq(state: &Self::State) -> u64;

    /// Returns the fact that the state leaves out and this command needs, if any.
    fn missing(state: &Self::State, command: &Self::Command) -> Option<Self::FactId>;

    /// Adds a looked-up fact to the state; `None` means that there is no such fact.
    fn admit(state: &mut Self::State, id: Self::FactId, fact: Option<Self::Fact>);

    /// Folds an event into a fact. A stored fact is brought up to date by this.
    fn evolve_fact(id: Self::FactId, fact: &mut Option<Self::Fact>, event: &Self::Event);

    /// Decides a command.
    fn decide(state: &Self::State, command: &Self::Command) -> DecisionOf<Self>;

    /// Folds an event into the state. An event that is not the next one (`seq != last_seq + 1`) changes nothing.
    fn evolve(state: &mut Self::State, event: &Self::Event);

    /// Folds an event whose body is lost into the state, so that its numbers are not used again. Like
    /// [`evolve`](Self::evolve), it ignores an event that is not the next one.
    fn evolve_lost(state: &mut Self::State, lost: &LostEvent<Self::Id>);

    /// Returns roughly how many bytes of memory the state takes.
    fn weight_bytes(state: &Self::State) -> usize;
}
