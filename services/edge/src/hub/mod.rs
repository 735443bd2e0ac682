//! From the log's tails to the sockets: one actor an edge.
//!
//! The hub follows `messages`, `rejections`, `reads` and `signals`, encodes each event once and puts the same bytes into
//! the queue of every session of the thread's members. Membership counts at the event's position.

mod actor;
mod drain;
mod feed;
mod index;
mod join;
mod opening;
mod place;
mod reads;
mod requests;
mod ring;
mod signals;

use std::sync::Arc;
use std::time::Duration;

use threadline_eventlog::{EventLog, StoppedPartitions};
use threadline_projections::Views;
use threadline_sealing::Keyring;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::commands::Commands;
use crate::config::EdgeConfig;

pub(crate) use index::{Index, LocalUser};
pub(crate) use join::{Join, Joined, NotJoined};
pub(crate) use place::Place;
pub(crate) use requests::{Asked, Request};
pub(crate) use ring::{About, Entry, frame_of};

/// Sessions that join or resume at once; further ones wait.
const JOINS_MAX: usize = 64;

/// The way to the hub; cheap to clone.
#[derive(Clone)]
pub struct Hub {
    requests: mpsc::Sender<Request>,
    place: Arc<Place>,
    joins: Arc<Semaphore>,
    draining: CancellationToken,
    stopped: StoppedPartitions,
    lag_ms_max: u64,
}

impl Hub {
    /// Starts the hub, which settles these commands. It runs until `shutdown`, and its sessions end with it;
    /// [`Hub::ready`] says when it has caught up with the log.
    pub fn start(
        config: &EdgeConfig,
        log: Arc<dyn EventLog>,
        views: Views,
        keyring: Keyring,
        commands: Commands,
        shutdown: CancellationToken,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(config.hub.requests_max);
        let place = Arc::new(Place::new(log.id()));
        let stopped = StoppedPartitions::new();
        let hub = Self {
            requests,
            place: Arc::clone(&place),
            joins: Arc::new(Semaphore::new(JOINS_MAX)),
            draining: CancellationToken::new(),
            stopped: stopped.clone(),
            lag_ms_max: config.hub.lag_ms_max,
        };
        let deps = actor::Deps { config: config.clone(), log, views, keyring, commands, place, stopped };
        tokio::spawn(shutdown.run_until_cancelled_owned(actor::run(deps, inbox)));
        hub
    }

    /// Whether events reach sessions in time; otherwise what is wrong.
    pub fn ready(&self) -> Result<(), String> {
        if self.place.draining() {
            return Err("the edge is draining".into());
        }
        self.stopped.check()?;
        if !self.place.caught_up() {
            return Err("the hub has not caught up with the log yet".into());
        }
        let lag_ms = self.place.lag_ms(self.lag_ms_max as i64);
        if lag_ms as u64 > self.lag_ms_max {
            return Err(format!("the hub is {lag_ms} ms behind the log"));
        }
        Ok(())
    }

    /// Takes no more sessions, tells those that are there to go, closes them spread over `window`, and returns when all
    /// have gone. The caller bounds the wait.
    pub async fn drain(&self, window: Duration) {
        self.place.set_draining();
        self.draining.cancel();
        let (done, gone) = oneshot::channel();
        if self.requests.send(Request::Drain { window, done }).await.is_ok() {
            let _ = gone.await;
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// Cancelled when no more sessions are taken.
    pub(crate) fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// A seat among the sessions that join at the moment.
    pub(crate) fn joins(&self) -> &Semaphore {
        &self.joins
    }

    /// Asks the hub to take in a session.
    pub(crate) async fn join(
        &self,
        join: impl FnOnce(oneshot::Sender<Result<Joined, NotJoined>>) -> Join,
    ) -> Result<Joined, NotJoined> {
        let (reply, joined) = oneshot::channel();
        let request = Request::Join(Box::new(join(reply)));
        if self.requests.send(request).await.is_err() {
            return Err(NotJoined::Leaving);
        }
        joined.await.unwrap_or(Err(NotJoined::Leaving))
    }

    /// Asks the hub for something, unless too much is waiting: then the request comes back.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Request> {
        self.requests.try_send(request).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// Tells the hub that a session has gone; this is never lost.
    pub(crate) fn leave(&self, leave: Request) {
        if let Err(leave) = self.ask(leave) {
            let requests = self.requests.clone();
            tokio::spawn(async move { requests.send(leave).await });
        }
    }
}
