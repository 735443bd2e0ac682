//! The rules of conversations, as pure values and functions.
//!
//! Start at [`Aggregate`], then `thread`: one file for each command, with its rules and their tests (`post_message.rs`
//! is the one to read first).
//!
//! ```text
//! decide(state, command) ─▶ Event | NoChange(outcome) | Rejected(rule)
//! evolve(state, event)   ─▶ the next state
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `thread` | the thread aggregate: membership, messages, and the order of everything inside a conversation |
//! | `topic`, `position` | the table of topics; where a record is |
//! | `ids`, `requests` | ids, drawn ones and those that follow from something |
//! | `text`, `visible`, `limits` | what people may type, and how much |
//! | `sealed`, `metadata` | typed texts, open or sealed; the domain never opens one |
//! | `reads` | facts that need no decision |
//!
//! What holds: `decide` and `evolve` are deterministic, because ids and time arrive inside the command (decision 3). A
//! message's id is an idempotency key in its thread (decision 8). Seqs and numbers are dense (decision 7).
//!
//! What is never here: I/O, a clock, randomness, serialisation, async. The only dependency is `uuid`.

pub mod actor;
pub mod aggregate;
pub mod ids;
pub mod limits;
pub mod metadata;
pub mod position;
pub mod reads;
pub mod requests;
pub mod sealed;
pub mod text;
pub mod thread;
pub mod time;
pub mod topic;
mod visible;

pub use actor::{Actor, ServiceId};
pub use aggregate::{Aggregate, Decision, DecisionOf, LostEvent};
pub use ids::{MessageId, ThreadId, UserId};
pub use metadata::Metadata;
pub use position::{Offset, Partition, Position};
pub use reads::{ReadMark, UserProfile};
pub use sealed::{Sealed, Text};
pub use text::Invalid;
pub use time::Timestamp;
pub use topic::{Topic, TopicMap};
