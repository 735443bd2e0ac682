//! What every request can reach.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use threadline_eventlog::EventLog;
use threadline_views::Views;

use crate::auth::Auth;
use crate::commands::Commands;
use crate::config::EdgeConfig;
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
    /// What `/metrics` shows.
    pub(crate) metrics: Option<PrometheusHandle>,
}
