//! Reading over REST.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use tokio::sync::{Mutex, Semaphore};
use uuid::Uuid;

use super::Target;
use super::api::Api;
use super::clock::Clock;
use super::report;
use super::tally::{Latency, histogram, record_ns};
use crate::config::Config;
use crate::error::Error;

/// Requests that wait for their answer at once.
const WAITING_MAX: usize = 256;

/// What is read.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Requests a second, of each kind.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// How long each kind is asked for.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Messages of a page.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Who reads; with --thread. A user with a thread and messages is made if nobody is named.
    #[arg(long, requires = "thread")]
    user: Option<String>,
    /// The thread to page through.
    #[arg(long, requires = "user")]
    thread: Option<Uuid>,
}

#[derive(Debug, Serialize)]
struct Result {
    scenario: &'static str,
    rate: f64,
    history_page_ms: Latency,
    history_page_bytes: usize,
    unread_count_ms: Latency,
}

pub(super) async fn run(config: &Config, target: &Target, options: &Options) -> std::result::Result<(), Error> {
    let api = Api::new(config, &target.url)?;
    let (user, thread) = match (&options.user, options.thread) {
        (Some(user), Some(thread)) => (user.clone(), thread),
        _ => prepare(&api).await?,
    };
    let token: Arc<str> = api.token(&user)?.into();
    let page = format!("/api/chat/threads/{thread}/messages/?limit={}", options.limit);
    let history_page_bytes = api.get(&page, &token).await?;
    let history = measure(&api, &page, &token, options).await?;
    let unread = measure(&api, "/api/chat/unread-count/", &token, options).await?;
    let result = Result {
        scenario: "reads",
        rate: options.rate,
        history_page_ms: history,
        history_page_bytes,
        unread_count_ms: unread,
    };
    let rows = [
        ("history page", format!("{}   {history_page_bytes} bytes", report::latency(history))),
        ("unread count", report::latency(unread)),
    ];
    report::print(target, &format!("reads: {}/s of each kind", options.rate), &result, &rows);
    Ok(())
}

/// A reader with twenty threads of somebody else's messages.
async fn prepare(api: &Api) -> std::result::Result<(String, Uuid), Error> {
    const THREADS: usize = 20;
    const MESSAGES: usize = 60;
    let run = Uuid::now_v7().simple();
    let users = [format!("load-{run}-writer"), format!("load-{run}-reader")];
    let token = api.token(&users[0])?;
    let pause = tokio::time::interval(Duration::from_millis(25));
    tokio::pin!(pause);
    let mut last = Uuid::nil();
    for index in 0..THREADS {
        let thread = api.create_group(index, &users).await?;
        last = thread.0;
        for message in 0..MESSAGES {
            // Slower than what one user may ask for.
            pause.tick().await;
            api.post(thread, &token, &format!("Message {message} of a thread that is read again and again.")).await?;
        }
    }
    let [_, reader] = users;
    Ok((reader, last))
}

/// Asks at the rate, whether answers come or not; latencies count from the scheduled time.
async fn measure(api: &Api, path: &str, token: &Arc<str>, options: &Options) -> std::result::Result<Latency, Error> {
    let clock = Clock::start();
    let sends = (options.rate * options.seconds as f64) as u64;
    let latencies = Arc::new(Mutex::new(histogram()));
    let places = Arc::new(Semaphore::new(WAITING_MAX));
    let start = Instant::now();
    for turn in 0..sends {
        let scheduled_ns = (turn as f64 * 1e9 / options.rate) as u64;
        tokio::time::sleep_until((start + Duration::from_nanos(scheduled_ns)).into()).await;
        // The runtime's timer is up to a millisecond late; that is not the server's doing.
        let began_ns = clock.now_ns();
        let late = places.available_permits() == 0;
        let place = Arc::clone(&places).acquire_owned().await.map_err(|error| Error::Tool(error.to_string()))?;
        let from_ns = if late { scheduled_ns } else { began_ns };
        let (api, path, token, latencies) = (api.clone(), path.to_owned(), Arc::clone(token), Arc::clone(&latencies));
        tokio::spawn(async move {
            if api.get(&path, &token).await.is_ok() {
                record_ns(&mut *latencies.lock().await, clock.now_ns().saturating_sub(from_ns));
            }
            drop(place);
        });
    }
    let all = u32::try_from(WAITING_MAX).unwrap_or(u32::MAX);
    let _all = places.acquire_many(all).await.map_err(|error| Error::Tool(error.to_string()))?;
    let latencies = latencies.lock().await;
    if latencies.len() < sends {
        return Err(Error::Tool(format!("{path}: {} of {sends} requests failed", sends - latencies.len())));
    }
    Ok(Latency::of(&latencies))
}
