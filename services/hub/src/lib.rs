//! Decides which session receives which frame.
//!
//! The hub is a library without I/O, clock and async (decision 19). A driver (`edge/src/hub`) feeds it with events,
//! joins and leaves; the hub puts frames into the queues of sessions and lists the sessions that the driver must flush.
//! Start at [`Hub`], then [`Joining`] and [`SendQueue`].
//!
//! ```text
//! driver ──publish(event)──▶ shard: ring, index, members ──push(frame)──▶ SendQueue of each session ──▶ socket
//!        ──Joining──────────▶ shard by shard: what the session missed, then live
//!        ◀──Outputs────────── sessions to flush, users who joined or left a thread
//! ```
//!
//! Each event partition is a *shard* with a ring of recent events, an index of that ring and the threads that have
//! local members. Shards lock separately, so different tasks can drive them. A thread is in one shard.
//!
//! The hub guarantees to each session:
//! - events of one thread arrive in the order of the log;
//! - membership counts at the event's offset: nothing after a removal, nothing before a join;
//! - the events that [`Joining`] returns end exactly where live events begin.
//!
//! What is never here: decoding of records, encryption, sockets, a lock held for longer than one shard's part.

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
