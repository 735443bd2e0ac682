//! An existing history, appended through the log with its own times and authors: how a team moves over.
//!
//! The file is read twice: `plan` finds the threads and their members and refuses bad lines before anything is
//! written; then `commands` turns every line into a command, and `appending` appends them and follows what comes
//! of them. Everything that is written follows from the file alone, ids included, so a second run changes nothing.

mod appending;
mod commands;
mod history;
mod ids;
mod plan;
mod progress;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use threadline_domain::{Actor, Position, Topic};
use threadline_sealing::Keyring;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Error;
use crate::keys::{self, MissingMasterKey};
use crate::roles;
use crate::storage::{self, Storage};
use appending::Outcomes;
use history::History;
use progress::Progress;

/// Commands read ahead of what is appended.
const READ_AHEAD_COMMANDS_MAX: usize = 1_024;
/// Authors whose keys one statement fetches or makes.
const KEYS_AT_ONCE_MAX: usize = 1_000;
/// How long the projections may take to come up with what was imported.
const PROJECTIONS_WITHIN: Duration = Duration::from_mins(5);

/// What `threadline import` is asked for.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// JSON lines of {thread_key, sender, sent_at, kind, content}, in time order; `.zst` is unpacked.
    #[arg(value_name = "FILE.jsonl[.zst]")]
    pub file: PathBuf,
    /// Put in front of every thread key.
    #[arg(long, default_value = "", value_name = "PREFIX")]
    pub threads_prefix: String,
    /// Leave out lines that cannot be taken, and say so, instead of stopping at the first one.
    #[arg(long)]
    pub skip_bad: bool,
    /// Print the summary as one JSON line.
    #[arg(long)]
    pub json: bool,
}

/// Imports the file. Without a named database and without a running dev mode, all that is needed is started here.
pub async fn run(mut config: Config, options: Options, stop: CancellationToken) -> Result<(), Error> {
    let progress = Progress::new(options.json);
    storage::find_database(&mut config);
    let server = storage::ensure_database(&mut config).await?;
    // Nobody else can be at work on a server that we have just started.
    let alone = server.is_some();
    let helpers = CancellationToken::new();
    let result = async {
        storage::migrate(&config).await?;
        let mut storage = Storage::open(&config).await?;
        let roles = alone.then(|| {
            let stopped = roles::Stopped::default();
            tokio::spawn(roles::decide_and_project(config.clone(), storage.clone(), stopped, helpers.clone()))
        });
        // Commands of an import are as new to the other roles as an edge's.
        let announced = storage.announce("import").await;
        storage.log = announced.gated(&storage.log);
        let missing = if alone { MissingMasterKey::Draw } else { MissingMasterKey::Refuse };
        let imported = match keys::open(&config, &storage, missing).await {
            Ok(keyring) => import(&storage, &keyring, options, &progress, stop).await,
            Err(error) => Err(error),
        };
        helpers.cancel();
        if let Some(roles) = roles {
            let _ = roles.await;
        }
        announced.leave().await;
        storage.close().await;
        imported
    };
    let result = result.await;
    if let Some(server) = server {
        let _ = tokio::task::spawn_blocking(|| server.stop()).await;
    }
    result
}

/// Contents of the file's first messages, at most `count_max`; lines that cannot be taken are passed over.
pub(crate) fn texts(file: &Path, count_max: usize) -> Result<Vec<String>, Error> {
    let mut history = History::open(file, "")?;
    let mut texts = Vec::new();
    while texts.len() < count_max
        && let Some(line) = history.next()?
    {
        texts.extend(line.map(|message| message.content));
    }
    Ok(texts)
}

async fn import(
    storage: &Storage,
    keyring: &Keyring,
    options: Options,
    progress: &Progress,
    stop: CancellationToken,
) -> Result<(), Error> {
    let start = Instant::now();
    let counting = progress.counting();
    let plan = blocking({
        let (options, counting) = (options.clone(), counting.clone());
        move || plan::read(&options, |lines| counting.set_position(lines))
    })
    .await?;
    counting.finish_and_clear();

    let senders: Vec<Actor> = plan.senders().into_iter().cloned().map(Actor::from).collect();
    for senders in senders.chunks(KEYS_AT_ONCE_MAX) {
        keyring.prepare(senders.to_vec()).await?;
    }
    let bar = progress.appending(plan.messages);
    let (commands, queue) = mpsc::channel(READ_AHEAD_COMMANDS_MAX);
    let skipped = plan.skipped;
    let reading = tokio::task::spawn_blocking(move || commands::send_all(&options, &plan, &commands));
    let outcomes = appending::run(&*storage.log, keyring, queue, stop, |done| bar.set_position(done)).await;
    bar.finish_and_clear();
    let mut outcomes = outcomes?;
    reading.await.unwrap_or_else(|error| Err(Error::Tool(error.to_string())))?;
    outcomes.skipped = skipped;
    let appended = start.elapsed();
    wait_for_projections(storage, &outcomes).await?;
    progress.summary(&outcomes, appended, start.elapsed());
    if outcomes.refused.is_empty() {
        Ok(())
    } else {
        Err(Error::Tool("some commands were refused; see the summary".into()))
    }
}

/// Until what was imported can be read.
async fn wait_for_projections(storage: &Storage, outcomes: &Outcomes) -> Result<(), Error> {
    for (&partition, &offset) in &outcomes.last {
        let position = Position { topic: Topic::Messages, partition, offset };
        storage.conversations.wait_for(position, PROJECTIONS_WITHIN).await?;
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::Tool(error.to_string())))
}
