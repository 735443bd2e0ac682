//! `/livez`, `/readyz`, `/metrics`: for every role.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::{BoxFuture, join_all};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use threadline_domain::thread::Thread;
use threadline_eventlog::{EventLog, LoggedAggregate};
use threadline_projections::Conversations;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Problem;

/// How long a check may take before it counts as failed.
const CHECK_MS_MAX: u64 = 2_000;

/// Asks one part of the system whether it works; the text says what is wrong.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// What a role is asked about itself.
#[derive(Clone, Default)]
pub struct Health {
    /// Every part that must work before the role is ready, by name.
    pub checks: Vec<(&'static str, Probe)>,
    /// What `/metrics` shows; without it that route answers 404.
    pub metrics: Option<PrometheusHandle>,
}

impl Health {
    /// Of a role that stands on the log and the projections.
    pub fn backed(log: &Arc<dyn EventLog>, conversations: &Conversations, metrics: Option<PrometheusHandle>) -> Self {
        let (log, conversations) = (Arc::clone(log), conversations.clone());
        Self { metrics, ..Self::default() }
            .check("log", move || {
                let log = Arc::clone(&log);
                async move { log.health().await.map_err(|error| error.to_string()) }
            })
            .check("projections", move || {
                let conversations = conversations.clone();
                async move { conversations.progress(Thread::EVENTS).await.map(drop).map_err(|error| error.to_string()) }
            })
    }

    /// With one more check.
    pub fn check<F>(mut self, name: &'static str, probe: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(probe()))));
        self
    }
}

/// The routes with their description.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(health: Health) -> OpenApiRouter<S> {
    OpenApiRouter::new()
        .routes(routes!(livez))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
        .with_state(Arc::new(health))
}

/// Whether the process lives.
#[utoipa::path(get, path = "/livez", tag = "operation", responses((status = 200, body = Alive)))]
async fn livez() -> Json<Alive> {
    Json(Alive { status: "alive" })
}

#[derive(Serialize, ToSchema)]
struct Alive {
    status: &'static str,
}

/// Whether new clients and requests should come here, and if not, what is wrong.
#[derive(Serialize, ToSchema)]
struct Readiness {
    /// Whether every part works.
    ready: bool,
    /// Every part: `ok`, or what is wrong with it.
    checks: BTreeMap<&'static str, String>,
}

/// Whether new clients and requests should come here.
#[utoipa::path(
    get, path = "/readyz", tag = "operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)),
)]
async fn readyz(State(health): State<Arc<Health>>) -> Response {
    let checks = health.checks.iter().map(async |(name, probe)| {
        let outcome = tokio::time::timeout(Duration::from_millis(CHECK_MS_MAX), probe()).await;
        (*name, outcome.unwrap_or_else(|_| Err(format!("no answer within {CHECK_MS_MAX} ms"))))
    });
    let outcomes = join_all(checks).await;
    let ready = outcomes.iter().all(|(_, outcome)| outcome.is_ok());
    let checks = outcomes.into_iter().map(|(name, outcome)| (name, outcome.err().unwrap_or_else(|| "ok".into())));
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks: checks.collect() })).into_response()
}

/// Figures for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses((status = 200, body = String, content_type = "text/plain")),
)]
async fn metrics(State(health): State<Arc<Health>>) -> Response {
    match &health.metrics {
        Some(metrics) => {
            ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
        }
        None => Problem::not_here("this process keeps no figures").into_response(),
    }
}
