//! The hub's tasks, from its start to its end.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use threadline_domain::Topic;
use threadline_eventlog::{Tail, partition_of};
use threadline_hub::{Ending, HubConfig};
use threadline_wire::CloseCode;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::followed::Followed;
use super::plan::{Plan, tail_from_end};
use super::readiness::{Ends, HubReadiness};
use super::rejections;
use super::requests::SignalRequest;
use super::shared::{Core, HubDeps};
use super::signals::Signals;
use crate::metrics;
use crate::session::SessionHandle;

/// How often deadlines are looked at.
const TICK_INTERVAL: Duration = Duration::from_millis(100);

/// Where the hub's core appears once it has started.
#[derive(Default)]
pub(super) struct Started {
    core: OnceLock<Arc<Core>>,
    is_set: Notify,
}

impl Started {
    /// Returns the core, once the hub has started.
    pub(super) fn get(&self) -> Option<&Arc<Core>> {
        self.core.get()
    }

    /// Waits for the hub's start.
    pub(super) async fn wait(&self) -> &Arc<Core> {
        loop {
            let set = self.is_set.notified();
            if let Some(core) = self.core.get() {
                return core;
            }
            set.await;
        }
    }

    fn set(&self, core: Arc<Core>) {
        let _ = self.core.set(core);
        self.is_set.notify_waiters();
    }
}

/// Follows the log until a task of the hub fails.
pub(super) async fn run(
    deps: HubDeps,
    followed: Followed,
    readiness: Arc<HubReadiness>,
    started: Arc<Started>,
    signals: (mpsc::Sender<SignalRequest>, mpsc::Receiver<SignalRequest>),
) {
    let topics = followed.topics();
    let plan = Plan::make(&deps, &topics).await;
    let hub = hub_of(&deps, &plan);
    let (requests, inbox) = signals;
    let core = Arc::new(Core::new(deps, hub, requests, topics.len()));
    let log = &*core.deps.log;
    for topic in &topics {
        let partitions = log.partitions(*topic);
        tracing::info!(
            edge.id = core.deps.appender.edge(),
            %topic,
            hub.partitions = partitions,
            "the hub follows {topic}"
        );
    }
    let _guard = EndSessions(Arc::clone(&core));
    let mut tasks = JoinSet::new();
    for one in followed.iter() {
        let ends = plan.ends.get(&one.topic()).cloned().unwrap_or_default();
        tasks.spawn(one.follow(&core, plan.tail(log, one.topic()), ends));
    }
    tasks.spawn(follow_rejections(plan.rejections(log), Arc::clone(&core), followed.clone()));
    tasks.spawn(follow_reads(tail_from_end(log, Topic::Reads), Arc::clone(&core)));
    tasks.spawn(Signals::new(Arc::clone(&core)).run(tail_from_end(log, Topic::Signals), inbox));
    tasks.spawn(tick(Arc::clone(&core), followed));
    tasks.spawn(probe(Arc::clone(&core), topics, readiness));
    started.set(core);
    // They run for ever: one that ends has failed, and without it sessions miss something.
    tasks.join_next().await;
}

fn hub_of(deps: &HubDeps, plan: &Plan) -> threadline_hub::Hub<SessionHandle> {
    let config = HubConfig {
        ring_bytes_max: deps.config.hub.ring_bytes_max,
        sessions_per_user_max: deps.config.sessions.per_user_max,
        partition_of: |thread, partitions| partition_of(thread.to_string().as_bytes(), partitions),
    };
    threadline_hub::Hub::new(config, &plan.starts)
}

async fn follow_rejections(mut tail: Tail, core: Arc<Core>, followed: Followed) {
    while let Some(batch) = tail.next().await {
        rejections::on_batch(&core, &followed, &batch);
    }
}

async fn follow_reads(mut tail: Tail, core: Arc<Core>) {
    while let Some(batch) = tail.next().await {
        core.on_reads(&batch);
    }
}

/// Answers commands whose deadline has passed, drops frames whose texts were erased, measures.
async fn tick(core: Arc<Core>, followed: Followed) {
    let mut destroyed = core.deps.keyring.destroyed();
    let mut tick = tokio::time::interval(TICK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {
                followed.expire(Instant::now());
                metrics::ring_bytes().set(core.hub.ring_bytes() as f64);
                metrics::sessions().set(core.hub.count_sessions() as f64);
            }
            Ok(()) = destroyed.changed() => core.hub.forget_frames(),
        }
    }
}

/// Compares the hub's progress with the log's end.
async fn probe(core: Arc<Core>, topics: Vec<Topic>, readiness: Arc<HubReadiness>) {
    loop {
        // A partition that does not answer has no end to lag behind.
        let ends_of = async |topic: &Topic| (*topic, core.deps.log.ends(*topic).await.known().clone());
        let ends: Ends = join_all(topics.iter().map(ends_of)).await.into_iter().collect();
        readiness.probe(core.hub.progress(), &ends).await;
    }
}

/// Ends all sessions when the hub ends: without it nothing reaches them any more.
struct EndSessions(Arc<Core>);

impl Drop for EndSessions {
    fn drop(&mut self) {
        for session in self.0.hub.close() {
            session.end(Ending::AtOnce(CloseCode::Drain));
        }
    }
}
