//! A system that several tests use: started by the first, ended with the last that runs.

use std::ops::Deref;
use std::sync::{Arc, Weak};

use reqwest::Client;
use tokio::sync::Mutex;

use super::Cluster;

/// A system for all tests that [`get`](Self::get) it from here.
pub struct SharedCluster(Mutex<Weak<Cluster>>);

impl SharedCluster {
    /// Nothing runs yet.
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self(Mutex::const_new(Weak::new()))
    }

    /// The running system, or the one that `start` starts. It runs until all that got it have dropped it.
    pub async fn get(&self, start: impl AsyncFnOnce() -> Cluster) -> ClusterHandle {
        let mut running = self.0.lock().await;
        if let Some(cluster) = running.upgrade() {
            return ClusterHandle(cluster);
        }
        let mut cluster = start().await;
        // A kept connection would belong to the runtime of one test and end with it.
        cluster.http = Client::builder().pool_max_idle_per_host(0).build().expect("a client without settings");
        let cluster = Arc::new(cluster);
        *running = Arc::downgrade(&cluster);
        ClusterHandle(cluster)
    }
}

/// A test's hold on a shared system; shows the ends of its logs when the test has failed.
pub struct ClusterHandle(Arc<Cluster>);

impl Deref for ClusterHandle {
    type Target = Cluster;

    fn deref(&self) -> &Cluster {
        &self.0
    }
}

impl Drop for ClusterHandle {
    fn drop(&mut self) {
        if std::thread::panicking() && Arc::strong_count(&self.0) > 1 {
            eprint!("{}", self.0.log_tails());
        }
    }
}
