//! Sockets that reconnect at once, each with messages that it missed, as after a deploy or a network outage.

use std::time::{Duration, Instant};

use clap::Args;
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use hdrhistogram::Histogram;
use serde::Serialize;
use threadline_domain::ThreadId;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use super::Target;
use super::api::Api;
use super::report;
use super::socket::{self, Opened};
use super::tally::{Latency, histogram};
use crate::config::Config;
use crate::error::Error;

/// Calls and sockets that are under way at once where it is not the reconnect that is measured.
const PREPARING_MAX: usize = 32;
/// How long a client may take to have everything.
const COMPLETE_WITHIN: Duration = Duration::from_mins(1);

/// How many come back, and with what.
#[derive(Clone, Debug, Args)]
pub(super) struct Options {
    /// Sockets, each of a user of its own. Both sides need as many file descriptors (`ulimit -n`).
    #[arg(long, default_value_t = 1_000)]
    connections: usize,
    /// How many users share a thread.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(2..))]
    members: u32,
    /// Messages that each client missed.
    #[arg(long, default_value_t = 20)]
    missed: usize,
    /// How often all go and come back.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

/// Times in milliseconds, from the moment at which all begin to connect.
#[derive(Debug, Serialize)]
struct Result {
    scenario: &'static str,
    connections: usize,
    missed: usize,
    rounds: usize,
    /// Until a client has its welcome and everything that it missed.
    complete: Latency,
    /// Until the last one of each round has.
    all_complete: Vec<f64>,
    /// Messages that came twice or after later ones.
    out_of_order: u64,
}

struct Client {
    index: usize,
    user: String,
    cursor: String,
    /// The last seq seen in its thread.
    last: u64,
}

pub(super) async fn run(config: &Config, target: &Target, options: &Options) -> std::result::Result<(), Error> {
    let Options { connections, members, missed, rounds } = *options;
    let api = &Api::new(config, &target.url)?;
    let run = Uuid::now_v7().simple().to_string();
    let users: Vec<String> = (0..connections).map(|index| format!("load-{run}-{index}")).collect();
    let groups = users.chunks(members as usize).enumerate();
    let groups: Vec<(ThreadId, String)> = stream::iter(groups)
        .map(async |(index, members)| Ok::<_, Error>((api.create_group(index, members).await?, members[0].clone())))
        .buffered(PREPARING_MAX)
        .try_collect()
        .await?;
    let mut clients: Vec<Client> = stream::iter(users.into_iter().enumerate())
        .map(async |(index, user)| {
            let opened = socket::open(index, &api.socket_url(index), &api.token(&user)?, None).await?;
            Ok::<_, Error>(Client { index, user, cursor: opened.cursor, last: 0 })
        })
        .buffered(PREPARING_MAX)
        .try_collect()
        .await?;
    let (mut complete, mut all_complete, mut out_of_order) = (histogram(), vec![], 0);
    for _ in 0..rounds {
        stream::iter(&groups)
            .map(Ok)
            .try_for_each_concurrent(PREPARING_MAX, async |(thread, owner)| {
                let token = api.token(owner)?;
                for number in 0..missed {
                    api.post(*thread, &token, &format!("missed message {number}")).await?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        let begin = Instant::now();
        let coming_back = clients.iter_mut().map(|client| come_back(api, client, missed, begin));
        let coming_back: Vec<_> = try_join_all(coming_back).await?;
        all_complete.push(begin.elapsed().as_secs_f64() * 1e3);
        for came_back in coming_back {
            complete.saturating_record(came_back.after.as_micros() as u64);
            out_of_order += came_back.out_of_order;
        }
    }
    show(target, options, &complete, all_complete, out_of_order);
    Ok(())
}

struct CameBack {
    after: Duration,
    out_of_order: u64,
}

/// Connects with the cursor, waits for all that was missed, and goes again.
async fn come_back(
    api: &Api,
    client: &mut Client,
    missed: usize,
    begin: Instant,
) -> std::result::Result<CameBack, Error> {
    let Client { index, user, cursor, last } = client;
    let waiting = async {
        let opened = socket::open(*index, &api.socket_url(*index), &api.token(user)?, Some(cursor)).await?;
        let Opened { mut stream, .. } = opened;
        let (mut got, mut out_of_order) = (0, 0);
        while got < missed {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => match socket::posted_seq(&text) {
                    Some(seq) if seq > *last => (got, *last) = (got + 1, seq),
                    Some(_) => out_of_order += 1,
                    None => {}
                },
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    return Err(fault(*index, &format!("closed after {got} of {missed} messages")));
                }
            }
        }
        let after = begin.elapsed();
        *cursor = socket::cursor_of(&mut stream).await.ok_or_else(|| fault(*index, "no cursor"))?;
        Ok(CameBack { after, out_of_order })
    };
    let waited = timeout(COMPLETE_WITHIN, waiting).await;
    waited.unwrap_or_else(|_| Err(fault(*index, "messages are missing after a minute")))
}

fn fault(index: usize, what: &str) -> Error {
    Error::Tool(format!("socket {index}: {what}"))
}

fn show(target: &Target, options: &Options, complete: &Histogram<u64>, all_complete: Vec<f64>, out_of_order: u64) {
    let Options { connections, missed, rounds, .. } = *options;
    let complete = Latency::of(complete);
    let result = Result { scenario: "reconnect", connections, missed, rounds, complete, all_complete, out_of_order };
    let all: Vec<String> = result.all_complete.iter().map(|ms| format!("{ms:.0}")).collect();
    let rows = [
        ("came back", format!("{connections} at once, {rounds} times, each with {missed} messages missed")),
        ("complete", report::latency(complete)),
        ("the last one", format!("{} ms", all.join(", "))),
        ("out of order", out_of_order.to_string()),
    ];
    report::print(target, "reconnect", &result, &rows);
}
