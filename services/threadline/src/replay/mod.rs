//! `threadline replay`: what operators do to projections, beside live traffic.
//!
//! ```text
//! rebuild   a new generation beside the live one, filled from the start of the log
//! status    every generation, and how far it is behind the log
//! swap      the new generation becomes the live one
//! rollback  the one before it becomes the live one again
//! ```

mod arguments;
mod exchange;
mod rebuild;
mod status;

use clap::Subcommand;
use tokio_util::sync::CancellationToken;

use self::arguments::{Name, Output};
use self::exchange::Exchange;
use crate::config::Config;
use crate::error::Error;
use crate::storage::{self, Storage};

/// What `threadline replay` is asked for.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Fills a new generation of a projection from the start of the log, beside live traffic. Stopped at any moment, the next
    /// one goes on from there. Projectors keep it up to date afterwards; nobody reads it until it is swapped in.
    #[command(after_help = EXIT_CODES)]
    Rebuild {
        /// Which.
        #[command(flatten)]
        projection: Name,
        /// The most records a second.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        throttle: Option<u32>,
        /// How to say what came of it.
        #[command(flatten)]
        output: Output,
    },
    /// Shows every generation of every projection, and how many records it is behind the log.
    #[command(after_help = EXIT_CODES)]
    Status {
        /// Look again every second, until stopped.
        #[arg(long)]
        watch: bool,
        /// How to say what came of it.
        #[command(flatten)]
        output: Output,
    },
    /// Makes the rebuilt generation the live one, in one transaction, or the one that a rollback took out. The one that was live
    /// is kept up to date for a rollback; one that was kept for that before is dropped. Refused while the new one is behind.
    #[command(after_help = EXIT_CODES)]
    Swap {
        /// Which.
        #[command(flatten)]
        projection: Name,
        /// How to say what came of it.
        #[command(flatten)]
        output: Output,
    },
    /// Makes the generation live again that was before the last swap, in one transaction. Said twice, the second is refused. The
    /// one that it took out is kept up to date, for another swap, until the next rebuild.
    #[command(after_help = EXIT_CODES)]
    Rollback {
        /// Which.
        #[command(flatten)]
        projection: Name,
        /// How to say what came of it.
        #[command(flatten)]
        output: Output,
    },
}

/// See [`Error::exit_code`].
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 refused: nothing was changed";

/// Does what was asked for, on the database that was named or that a running dev mode manages.
pub async fn run(mut config: Config, verb: Verb, stop: CancellationToken) -> Result<(), Error> {
    storage::find_database(&mut config);
    let storage = Storage::connect(&config).await?;
    let done = match verb {
        Verb::Rebuild { projection, throttle, output } => {
            rebuild::run(config.projector.clone(), &storage, projection.found()?, throttle, output, stop).await
        }
        Verb::Status { watch, output } => status::run(&storage, watch, output, stop).await,
        Verb::Swap { projection, output } => {
            exchange::run(Exchange::Swap, &storage, projection.found()?, output, stop).await
        }
        Verb::Rollback { projection, output } => {
            exchange::run(Exchange::Rollback, &storage, projection.found()?, output, stop).await
        }
    };
    storage.close().await;
    done
}
