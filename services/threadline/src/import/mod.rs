//! An existing history, appended through the log with its own times and authors: how a team moves over.
//!
//! The files are read two or three times, each time as a stream. `reading::plan` finds threads, people and names and
//! refuses bad lines; `reading::check` finds the messages that replies and read marks name; `pipeline` turns messages into
//! commands and appends them. Before the last one, `present` looks up what is here already. Everything that is
//! written follows from the files, ids included, so a second run changes nothing, and one that was cut goes on.

mod appending;
mod barrier;
mod command_builder;
mod facts;
mod history;
mod ids;
mod lines;
mod membership_schedule;
mod overlaps;
mod parse;
mod people;
mod pipeline;
mod plan;
mod planned_commands;
mod planner;
mod present;
mod preview;
mod progress;
mod reading;
mod records;
mod references;
mod refused_lines;
mod report;
#[cfg(test)]
mod samples;
mod tally;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use threadline_domain::{Position, Timestamp, Topic};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::Error;
use crate::keys::{self, MissingMasterKey};
use crate::roles;
use crate::storage::{self, Storage};
use command_builder::Target;
use history::Source;
use parse::Parser;
use pipeline::Import;
use plan::Plan;
use present::{PROJECTIONS_WITHIN, Present, wait_for_projections};
use progress::Progress;
use refused_lines::{RefusedLines, Strictness};
use report::Times;

/// Authors whose keys one statement fetches or makes.
const KEYS_AT_ONCE_MAX: usize = 1_000;

/// What `threadline import` is asked for.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// JSON lines of threads, members, messages, read marks and users (docs/import.md); read in the order given. `.zst` is
    /// unpacked.
    #[arg(value_name = "FILE.jsonl[.zst]", required = true)]
    pub files: Vec<PathBuf>,
    /// What tells this old system from others: ids here follow from it and from the old ids.
    #[arg(long, default_value = "import", value_name = "NAME")]
    pub source: String,
    /// Put in front of every thread key.
    #[arg(long, default_value = "", value_name = "PREFIX")]
    pub threads_prefix: String,
    /// Leave out lines that cannot be taken, and say so, instead of stopping at the first one.
    #[arg(long)]
    pub skip_bad: bool,
    /// Append to threads in which others have written already; without this, such an import is refused with a report.
    #[arg(long)]
    pub append: bool,
    /// Read and check everything, report what would be done, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the summary as one JSON line.
    #[arg(long)]
    pub json: bool,
}

/// Imports the files. Without a named database and without a running dev mode, all that is needed is started here.
pub async fn run(mut config: Config, options: Options, stop: CancellationToken) -> Result<(), Error> {
    let progress = Progress::new(options.json);
    storage::find_database(&mut config);
    if options.dry_run && !storage::has_data(&config) {
        let (import, refused) = prepare(&options, progress).await?;
        return dry_run(import(Present::default()), None, None, &refused, &options, progress).await;
    }
    let server = storage::ensure_database(&mut config).await?;
    // Nobody else can be at work on a server that we have just started.
    let alone = server.is_some();
    let helpers = CancellationToken::new();
    let result = async {
        if alone || !options.dry_run {
            storage::migrate(&config).await?;
        }
        let mut storage = Storage::open(&config).await?;
        let roles = alone.then(|| {
            let stopped = roles::Stopped::default();
            tokio::spawn(roles::decide_and_project(config.clone(), storage.clone(), stopped, helpers.clone()))
        });
        let imported = if options.dry_run {
            look_at(&config, &storage, &options, progress).await
        } else {
            // Commands of an import are as new to the other roles as an edge's.
            let announced = storage.announce("import").await;
            storage.log = announced.gated(&storage.log);
            let missing = if alone { MissingMasterKey::Draw } else { MissingMasterKey::Refuse };
            let imported = match keys::open(&config, &storage, missing).await {
                Ok(keyring) => import(Target { storage: storage.clone(), keyring }, &options, progress, stop).await,
                Err(error) => Err(error),
            };
            announced.leave().await;
            imported
        };
        helpers.cancel();
        if let Some(roles) = roles {
            let _ = roles.await;
        }
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
    let parser = Parser { prefix: String::new(), now: now() };
    reading::texts(&Source { files: [file.to_owned()].into(), parser, name: String::new() }, count_max)
}

/// Reads the files as often as it takes to know all about them but the messages. Returns what makes an import of that, once it
/// is known what is here.
async fn prepare(
    options: &Options,
    progress: Progress,
) -> Result<(impl FnOnce(Present) -> Import + use<>, Arc<RefusedLines>), Error> {
    let now = now();
    let files: Arc<[PathBuf]> = options.files.clone().into();
    let parser = Parser { prefix: options.threads_prefix.clone(), now };
    let source = Source { files, parser, name: options.source.clone() };
    let strictness = match options {
        Options { dry_run: true, .. } => Strictness::NameAll,
        Options { skip_bad: true, .. } => Strictness::Skip,
        _ => Strictness::Stop,
    };
    let counting = progress.counting();
    let (source, plan, refused) = blocking({
        let counting = counting.clone();
        move || {
            let mut refused = RefusedLines::new(&source.files, strictness);
            let mut plan = reading::plan(&source, &mut refused, |lines| counting.set_position(lines))?;
            reading::check(&source, &mut plan, &mut refused)?;
            Ok((source, plan, Arc::new(refused)))
        }
    })
    .await?;
    counting.finish_and_clear();
    let (plan, refused): (Arc<Plan>, _) = (Arc::new(plan), refused);
    let import = {
        let refused = Arc::clone(&refused);
        move |present| Import { source, plan, present: Arc::new(present), refused, now }
    };
    Ok((import, refused))
}

/// A dry run on a system that is there.
async fn look_at(config: &Config, storage: &Storage, options: &Options, progress: Progress) -> Result<(), Error> {
    let (import, refused) = prepare(options, progress).await?;
    wait_for_projections(storage).await?;
    let import = load(import, storage).await?;
    let mut target = None;
    if !import.present.is_empty() {
        // Needed to tell whether texts have changed.
        let keyring = keys::open(config, storage, MissingMasterKey::Refuse).await?;
        target = Some(Target { storage: storage.clone(), keyring });
    }
    dry_run(import, Some(storage), target, &refused, options, progress).await
}

async fn load(import: impl FnOnce(Present) -> Import, storage: &Storage) -> Result<Import, Error> {
    let import = import(Present::default());
    let present = Present::load(storage, &import.plan).await?;
    Ok(Import { present: Arc::new(present), ..import })
}

/// Reports what an import would do. Fails when it would be refused.
async fn dry_run(
    import: Import,
    storage: Option<&Storage>,
    target: Option<Target>,
    refused: &RefusedLines,
    options: &Options,
    progress: Progress,
) -> Result<(), Error> {
    let bar = progress.previewing(import.plan.messages);
    let mut preview = import.preview(target, |count| bar.inc(count)).await?;
    bar.finish_and_clear();
    preview.tally.users_named = facts::count_unnamed(storage, &import.plan.names).await?;
    let threads = import.plan.taken().count() as u64;
    report::preview(&preview, threads, refused.count(), true, options.json);
    if refused.count() > 0 && !options.skip_bad {
        return Err(Error::Refused("some lines would be refused; --skip-bad leaves them out".into()));
    }
    if preview.threads_in_use.is_empty() || options.append { Ok(()) } else { Err(in_use()) }
}

fn in_use() -> Error {
    Error::Refused(
        "others have written in threads of this import: their messages would no longer be the newest ones. --append takes it \
         all the same; nothing was imported"
            .into(),
    )
}

async fn import(target: Target, options: &Options, progress: Progress, stop: CancellationToken) -> Result<(), Error> {
    let start = Instant::now();
    let (import, refused) = prepare(options, progress).await?;
    let storage = &target.storage;
    barrier::wait_until_decided(&*storage.log, now(), &stop).await?;
    wait_for_projections(storage).await?;
    let import = load(import, storage).await?;
    if !options.append && import.present.has_threads_in_use() {
        let bar = progress.previewing(import.plan.messages);
        let preview = import.preview(Some(target.clone()), |count| bar.inc(count)).await?;
        bar.finish_and_clear();
        if !preview.threads_in_use.is_empty() {
            let threads = import.plan.taken().count() as u64;
            report::preview(&preview, threads, refused.count(), false, options.json);
            return Err(in_use());
        }
    }
    let authors = import.plan.authors();
    for authors in authors.chunks(KEYS_AT_ONCE_MAX) {
        target.keyring.prepare(authors.to_vec()).await?;
    }
    let bar = progress.appending(import.plan.messages);
    let outcomes = import.append(&target, stop, {
        let bar = bar.clone();
        move |count| bar.inc(count)
    });
    let outcomes = outcomes.await;
    bar.finish_and_clear();
    let mut outcomes = outcomes?;
    let log = start.elapsed();
    for (&partition, &offset) in &outcomes.last {
        let position = Position { topic: Topic::Messages, partition, offset };
        storage.conversations.wait_for(position, PROJECTIONS_WITHIN).await?;
    }
    let reads = facts::reads(&import.plan, &outcomes.numbers);
    outcomes.tally.reads_marked = facts::mark_reads(&target, reads).await?;
    outcomes.tally.users_named = facts::name_users(&target, &import.plan.names, import.now).await?;
    let times = Times { log, projections: start.elapsed() };
    report::done(&outcomes.tally, refused.count(), times, options.json);
    if outcomes.tally.refused.is_empty() {
        Ok(())
    } else {
        Err(Error::Tool("some commands were refused; see the summary".into()))
    }
}

fn now() -> Timestamp {
    Timestamp((OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::Tool(error.to_string())))
}
