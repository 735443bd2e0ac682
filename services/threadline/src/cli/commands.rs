//! From a command line to what it does.

use threadline_edge::auth::Subject;
use threadline_eventlog::kafka::{KafkaConfig, TopicDescription, create_topics, list_topics};
use tokio::runtime::{Builder, Runtime};

use super::{Cli, Command, Topics};
use crate::config::{self, Config, Entry, Log};
use crate::error::Error;
use crate::{import, load, output, replay, roles, shutdown, storage, telemetry, token};

/// Does what the command line says.
pub fn run(cli: Cli) -> Result<(), Error> {
    let mut config = Config::load(cli.flags(), cli.config.as_deref())?;
    telemetry::start_logs(&config.telemetry);
    match cli.command {
        Command::Dev { edges, .. } => role(async |stop| roles::dev(config, roles::Dev { edges }, stop).await),
        Command::Edge { .. } => role(async |stop| roles::edge(config, stop).await),
        Command::Decider { .. } => role(async |stop| roles::decider(config, stop).await),
        Command::Projector { .. } => role(async |stop| roles::projector(config, stop).await),
        Command::Migrate => {
            storage::find_database(&mut config);
            runtime()?.block_on(storage::migrate(&config))
        }
        Command::Topics { action } => topics(&config, &action),
        Command::Token { user, name, roles, ttl } => {
            let subject = Subject { id: &user, name: name.as_deref(), roles: &roles };
            output::line(token::token(&token::mint(&config)?, subject, ttl)?);
            Ok(())
        }
        Command::Config { markdown, sample } => {
            match (markdown, sample) {
                (true, _) => output::text(&config::markdown()?),
                (_, true) => output::text(&config::sample()?),
                _ => config.entries.iter().for_each(|entry| output::line(shown(entry))),
            }
            Ok(())
        }
        Command::Import(options) => role(async |stop| import::run(config, options, stop).await),
        Command::Replay { verb } => role(async |stop| replay::run(config, verb, stop).await),
        Command::Load(options) => role(async |stop| load::run(config, options, stop).await),
    }
}

/// Runs until it ends; signals ask it to.
fn role(work: impl AsyncFnOnce(tokio_util::sync::CancellationToken) -> Result<(), Error>) -> Result<(), Error> {
    runtime()?.block_on(async {
        let stop = shutdown::on_signal().map_err(Error::system("failed to listen for signals"))?;
        work(stop).await
    })
}

fn runtime() -> Result<Runtime, Error> {
    Builder::new_multi_thread().enable_all().build().map_err(Error::system("failed to start the runtime"))
}

fn topics(config: &Config, action: &Topics) -> Result<(), Error> {
    let Log::Kafka(kafka) = &config.log else {
        let missing = "kafka.brokers: set KAFKA_BROKERS; the log in Postgres makes its topics itself";
        return Err(config::Error::Missing(missing.into()).into());
    };
    let kafka: &KafkaConfig = kafka;
    let found = runtime()?.block_on(async {
        match action {
            Topics::Create { partitions, replication } => create_topics(kafka, *partitions, *replication).await,
            Topics::List => list_topics(kafka).await,
        }
    })?;
    for TopicDescription { name, partitions, .. } in found {
        let partitions = partitions.map_or_else(|| "missing".to_owned(), |count| format!("{count} partitions"));
        output::line(format_args!("{name}  {partitions}"));
    }
    Ok(())
}

/// A setting, its value, where that came from, and the variable that sets it.
fn shown(Entry { setting, value, origin }: &Entry) -> String {
    let value = value.as_deref().unwrap_or("(unset)");
    format!("{} = {value}  ({origin}; {})", setting.key, setting.variable)
}
