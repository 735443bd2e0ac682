//! The shared parts of a running edge.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use threadline_domain::{Position, Topic, UserId, UserProfile};
use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projections::Conversations;
use threadline_sealing::Keyring;

use crate::aggregates::Aggregates;
use crate::answers::Answers;
use crate::auth::{Auth, Identity};
use crate::clock;
use crate::config::EdgeConfig;
use crate::display_names::DisplayNames;
use crate::error::Problem;
use crate::hub::Hub;
use crate::rate::RateLimits;

/// What an edge needs from its process.
#[derive(Clone)]
pub struct Deps {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The read models.
    pub conversations: Conversations,
    /// Seals and opens typed texts.
    pub keyring: Keyring,
    /// The source of `/metrics`; without it that route answers 404.
    pub metrics: Option<PrometheusHandle>,
    /// The stopped partitions of the process's other roles, for `/readyz`.
    pub stopped: Vec<StoppedPartitions>,
}

/// A running edge, shared by all requests and sessions.
pub struct Edge {
    /// Its settings.
    pub config: EdgeConfig,
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The read models.
    pub conversations: Conversations,
    /// Seals and opens typed texts.
    pub keyring: Keyring,
    /// Checks tokens.
    pub auth: Auth,
    /// Appends commands and settles requests.
    pub aggregates: Aggregates,
    /// Delivers events to sessions.
    pub hub: Hub,
    /// Limits what each user may ask.
    pub rate: RateLimits,
    /// Room for answers.
    pub(crate) answers: Arc<Answers>,
    /// The names last written to the log.
    pub(crate) names: DisplayNames,
}

impl Edge {
    /// Notes who came in: a user who is new here, or has another name, goes to the log. Nobody waits for it.
    pub fn record_display_name(self: &Arc<Self>, identity: &Identity) {
        let Some(user) = identity.user() else { return };
        self.names.note_destroyed(&self.keyring);
        if self.names.claim(user, identity.name.as_deref()) {
            let (user, name, edge) = (user.clone(), identity.name.clone(), Arc::clone(self));
            tokio::spawn(async move {
                if !edge.record_user(&user, name.as_ref()).await {
                    edge.names.forget(&user, name.as_deref());
                }
            });
        }
    }

    /// Appends who the user is; returns false when that is not known to have succeeded.
    async fn record_user(&self, user: &UserId, name: Option<&Arc<str>>) -> bool {
        if name.is_none() {
            // The log keeps a user's last record: one without a name must not take the place of one with a name.
            match self.conversations.user(user).await {
                Ok(Some(_)) => return true,
                Ok(None) => {}
                Err(_) => return false,
            }
        }
        let name = name.map(|name| Arc::clone(name).into());
        let mut profile = [UserProfile { user: user.clone(), name, at: clock::now() }];
        if self.keyring.seal(&mut profile).await.is_err() {
            return false;
        }
        let [profile] = profile;
        self.aggregates.appender.see_user(profile).await
    }

    /// Waits like [`wait_for`](Self::wait_for), for a position that a client names; refuses one that cannot be reached.
    pub(crate) async fn wait_for_named(&self, position: Position) -> Result<(), Problem> {
        let Position { topic, partition, offset } = position;
        if !Conversations::topics().contains(&topic) {
            return Err(Problem::field("at_least", "names a topic that nothing here is made from"));
        }
        if partition >= self.log.partitions(topic) {
            return Err(Problem::field("at_least", "names a partition that there is not"));
        }
        match self.conversations.wait_for(position, Duration::ZERO).await {
            Err(threadline_projections::Error::Behind) => {}
            reached => return Ok(reached?),
        }
        if self.log.ends(topic).await.of(partition)?.is_none_or(|end| offset >= end) {
            return Err(Problem::field("at_least", "is past the end of the log"));
        }
        self.wait_for(position).await
    }

    /// Waits until the projections have this position's record, for as long as the settings allow.
    pub(crate) async fn wait_for(&self, position: Position) -> Result<(), Problem> {
        let wait = self.config.http.at_least_wait;
        Ok(self.conversations.wait_for(position, wait).await?)
    }
}

impl Edge {
    /// Waits until the projections have every record that is in this topic now, but for partitions that are away.
    pub(crate) async fn wait_for_end(&self, topic: Topic) -> Result<(), Problem> {
        let ends = self.log.ends(topic).await;
        let wait = self.config.http.at_least_wait;
        Ok(self.conversations.wait_for_ends(topic, ends.known(), wait).await?)
    }
}
