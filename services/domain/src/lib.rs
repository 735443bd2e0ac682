//! What Threadline knows about conversations, as pure values and functions.
//!
//! `decide` turns a command into one event or one rejection, `evolve` folds an event into state. Both are
//! deterministic: ids and time arrive inside the command, nothing is drawn here. There is no I/O, no clock,
//! no serialisation and no async in this crate, and there never will be.

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
