//! Decides which session receives which frame.
//!
//! The hub is a library without I/O, clock and async. A driver feeds it with events, joins and leaves; the hub puts
//! frames into the queues of sessions and lists the sessions that the driver has to flush.
//!
//! Each event partition is a *shard* with a ring of recent events, an index of that ring and the threads that have local
//! members. Shards lock separately, so different tasks can drive them. A thread lives in one shard.
//!
//! The hub guarantees to each session:
//! - events of one thread arrive in the order of the log;
//! - membership counts at the event's offset: nothing after a removal, nothing before a join;
//! - the events that [`Joining`] returns end exactly where live events begin.

mod audience;
mod directory;
mod entry;
mod hub;
mod join;
mod joining;
mod outputs;
mod progress;
mod published;
mod queue;
mod queued;
mod ring;
mod session;
mod shard;
mod user;
mod visible;

pub use audience::{Audience, Membership, MembershipEffect};
pub use entry::{Content, Entry, Event};
pub use hub::{Hub, HubConfig, Start, Starts};
pub use join::{Join, JoinMembership, Joined, NotJoined};
pub use joining::Joining;
pub use outputs::Outputs;
pub use progress::HubProgress;
pub use published::{Lost, Published, ThreadState};
pub use queue::{Ending, Pushed, SendQueue, SendQueueConfig};
pub use queued::{Queued, Unwritten, Written};
pub use session::{NeedsFlush, Session};
pub use user::LocalUser;
pub use visible::{Missed, visible};
