//! What the hub asks of its driver.

use std::sync::Arc;

use bytes::Bytes;
use threadline_domain::{ThreadId, UserId};

use crate::session::{NeedsFlush, Session};

/// The driver's work after one or more calls of the hub. The driver empties it.
#[derive(Debug)]
pub struct Outputs<S> {
    /// Sessions with a queue to flush, in the order in which their queues filled.
    pub flush: Vec<Arc<S>>,
    /// Local users who joined a thread.
    pub joined: Vec<(UserId, ThreadId)>,
    /// Users, local or not, who left a thread.
    pub removed: Vec<(UserId, ThreadId)>,
    /// Frames put into queues.
    pub deliveries: u64,
}

impl<S> Default for Outputs<S> {
    fn default() -> Self {
        Self { flush: Vec::new(), joined: Vec::new(), removed: Vec::new(), deliveries: 0 }
    }
}

impl<S: Session> Outputs<S> {
    /// Queues a frame for a session, and lists the session if the driver has to flush it.
    pub fn push(&mut self, session: &Arc<S>, frame: &Bytes) {
        self.deliveries += 1;
        if session.push(frame) == NeedsFlush::Yes {
            self.flush.push(Arc::clone(session));
        }
    }
}
