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

/// Users who read in turn, each at no more than an edge's rate limit allows.
const READERS: usize = 10;
/// Threads that they are in.
const THREADS: usize = 20;
/// Messages of each.
const MESSAGES: usize = 60;
/// Between two posts: slower than an edge's rate limit.
const POST_EVERY: Duration = Duration::from_millis(25);

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
    /// Who reads; with --thread. Users with threads and messages are made if nobody is named.
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
    if !(options.rate.is_finite() && options.rate > 0.0) || options.seconds == 0 {
        return Err(Error::Tool("load needs a rate above 0 and a second at least".into()));
    }
    let (readers, thread) = match (&options.user, options.thread) {
        (Some(user), Some(thread)) => (vec![user.clone()], thread),
        _ => prepare(&api).await?,
    };
    let tokens: Vec<Arc<str>> =
        readers.iter().map(|user| Ok(api.token(user)?.into())).collect::<std::result::Result<_, Error>>()?;
    let page = format!("/api/chat/threads/{thread}/messages/?limit={}", options.limit);
    let history_page_bytes = api.get(&page, &tokens[0]).await?;
    let history = measure(&api, &page, &tokens, options).await?;
    let unread = measure(&api, "/api/chat/unread-count/", &tokens, options).await?;
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

/// Readers of twenty threads with somebody else's messages, and one of the threads.
async fn prepare(api: &Api) -> std::result::Result<(Vec<String>, Uuid), Error> {
    let run = Uuid::now_v7().simple();
    let users: Vec<String> = (0..=READERS).map(|index| format!("load-{run}-{index}")).collect();
    let token = api.token(&users[0])?;
    let mut pause = tokio::time::interval(POST_EVERY);
    let mut last = Uuid::nil();
    for index in 0..THREADS {
        let thread = api.create_group(index, &users).await?;
        last = thread.0;
        for message in 0..MESSAGES {
            pause.tick().await;
            api.post(thread, &token, &format!("Message {message} of a thread that is read again and again.")).await?;
        }
    }
    Ok((users[1..].to_vec(), last))
}

/// Asks at the rate, whether answers come or not; latencies count from the scheduled time.
async fn measure(api: &Api, path: &str, tokens: &[Arc<str>], options: &Options) -> std::result::Result<Latency, Error> {
    let clock = Clock::start();
    let sends = (options.rate * options.seconds as f64) as u64;
    let latencies = Arc::new(Mutex::new(histogram()));
    let permits = Arc::new(Semaphore::new(WAITING_MAX));
    let start = Instant::now();
    for turn in 0..sends {
        let scheduled_ns = (turn as f64 * 1e9 / options.rate) as u64;
        tokio::time::sleep_until((start + Duration::from_nanos(scheduled_ns)).into()).await;
        // The runtime's timer is up to a millisecond late; that is not the server's doing.
        let began_ns = clock.now_ns();
        let late = permits.available_permits() == 0;
        let permit = Arc::clone(&permits).acquire_owned().await.map_err(|error| Error::Tool(error.to_string()))?;
        let from_ns = if late { scheduled_ns } else { began_ns };
        let token = Arc::clone(&tokens[turn as usize % tokens.len()]);
        let (api, path, latencies) = (api.clone(), path.to_owned(), Arc::clone(&latencies));
        tokio::spawn(async move {
            if api.get(&path, &token).await.is_ok() {
                record_ns(&mut *latencies.lock().await, clock.now_ns().saturating_sub(from_ns));
            }
            drop(permit);
        });
    }
    let all = u32::try_from(WAITING_MAX).unwrap_or(u32::MAX);
    let _all = permits.acquire_many(all).await.map_err(|error| Error::Tool(error.to_string()))?;
    let latencies = latencies.lock().await;
    if latencies.len() < sends {
        return Err(Error::Tool(format!("{path}: {} of {sends} requests failed", sends - latencies.len())));
    }
    Ok(Latency::of(&latencies))
}
