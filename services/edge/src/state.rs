//! What every request can reach.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use metrics_exporter_prometheus::PrometheusHandle;
use threadline_domain::{Position, Text, Topic, UserId, UserProfile};
use threadline_eventlog::EventLog;
use threadline_views::Views;

use crate::auth::{Auth, Identity};
use crate::clock;
use crate::commands::Commands;
use crate::config::EdgeConfig;
use crate::error::Problem;
use crate::hub::Hub;
use crate::rate::RateLimits;

/// What an edge needs from its process.
#[derive(Clone)]
pub struct Deps {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The read models.
    pub views: Views,
    /// What `/metrics` shows; without it that route answers 404.
    pub metrics: Option<PrometheusHandle>,
}

/// A running edge, shared by all requests and sessions.
pub struct Edge {
    /// Its settings.
    pub config: EdgeConfig,
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The read models.
    pub views: Views,
    /// Who may come in.
    pub auth: Auth,
    /// The way of commands into the log and of their outcomes back.
    pub commands: Commands,
    /// The way of events to sessions.
    pub hub: Hub,
    /// How much each user may ask.
    pub rate: RateLimits,
    /// The names last written to the log.
    pub(crate) names: Names,
}

impl Edge {
    /// Notes who came in: a name that is new here, or has changed, goes to the log. Nobody waits for it.
    pub fn greet(self: &Arc<Self>, identity: &Identity) {
        if let Some(name) = &identity.name
            && self.names.note(&identity.user, name)
        {
            let (user, name, edge) = (identity.user.clone(), Arc::clone(name), Arc::clone(self));
            tokio::spawn(async move {
                let profile = UserProfile { user: user.clone(), name: Text::Open(Arc::clone(&name)), at: clock::now() };
                if !edge.commands.see_user(profile).await {
                    edge.names.forget(&user, &name);
                }
            });
        }
    }

    /// Waits like [`wait_for`](Self::wait_for), for a position that a client names; refuses one that cannot be reached.
    pub(crate) async fn wait_for_named(&self, position: Position) -> Result<(), Problem> {
        let Position { topic, partition, offset } = position;
        if !matches!(topic, Topic::Messages | Topic::Reads | Topic::Users) {
            return Err(Problem::field("at_least", "names a topic that nothing here is made from"));
        }
        if partition >= self.log.partitions(topic) {
            return Err(Problem::field("at_least", "names a partition that there is not"));
        }
        match self.views.wait_for(position, Duration::ZERO).await {
            Err(threadline_views::Error::Behind) => {}
            reached => return Ok(reached?),
        }
        if self.log.ends(topic).await?.get(&partition).is_none_or(|&end| offset >= end) {
            return Err(Problem::field("at_least", "lies behind the end of the log"));
        }
        self.wait_for(position).await
    }

    /// Waits until the views have this position's record, for as long as the settings allow.
    pub(crate) async fn wait_for(&self, position: Position) -> Result<(), Problem> {
        let wait = Duration::from_millis(self.config.http.at_least_wait_ms);
        Ok(self.views.wait_for(position, wait).await?)
    }
}

/// Users and their names as this edge last saw them, the latest ones.
pub(crate) struct Names(Mutex<LruCache<UserId, Arc<str>>>);

impl Names {
    pub(crate) fn new(users_max: usize) -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(users_max).unwrap_or(NonZeroUsize::MIN))))
    }

    /// Whether this name is new for this user.
    fn note(&self, user: &UserId, name: &Arc<str>) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.get(user).is_some_and(|known| known == name) {
            return false;
        }
        names.put(user.clone(), Arc::clone(name));
        true
    }

    /// Makes this name new again, unless the user has another one by now.
    fn forget(&self, user: &UserId, name: &Arc<str>) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.peek(user).is_some_and(|known| known == name) {
            names.pop(user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_did_not_get_through_is_new_again_unless_another_came() {
        let (names, user) = (Names::new(10), UserId::new("ann").unwrap());
        let (ann, anna): (Arc<str>, Arc<str>) = ("Ann".into(), "Anna".into());
        assert!(names.note(&user, &ann) && !names.note(&user, &ann));
        names.forget(&user, &ann);
        assert!(names.note(&user, &ann));
        assert!(names.note(&user, &anna));
        names.forget(&user, &ann);
        assert!(!names.note(&user, &anna));
    }
}
