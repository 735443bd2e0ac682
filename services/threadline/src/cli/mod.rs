//! The command line.

mod commands;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use threadline_edge::auth::Role;

pub use commands::run;

use crate::config;
use crate::import;
use crate::load;
use crate::replay;
use crate::token::parse_ttl;

/// Event-sourced messaging: conversations are facts in a log, everything else is derived from it.
#[derive(Debug, Parser)]
#[command(name = "threadline", version)]
pub struct Cli {
    /// The configuration file; threadline.toml when it is there.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any setting by its key, such as `edge.rate_burst=500`; `threadline config` lists them.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = parse_setting)]
    settings: Vec<(String, String)>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All roles in one process, on a Postgres of its own unless DATABASE_URL is set.
    Dev {
        /// Edges, on consecutive ports.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
        edges: u16,
        #[command(flatten)]
        listen: Listen,
    },
    /// HTTP and WebSocket for clients.
    Edge {
        #[command(flatten)]
        listen: Listen,
        #[command(flatten)]
        health: Health,
    },
    /// Turns commands into events.
    Decider {
        #[command(flatten)]
        health: Health,
    },
    /// Brings events into the projections.
    Projector {
        #[command(flatten)]
        health: Health,
    },
    /// Makes or updates the schemas of the projections, and of the log in Postgres.
    Migrate,
    /// Kafka's topics.
    Topics {
        #[command(subcommand)]
        action: Topics,
    },
    /// Prints a development token.
    Token {
        /// The user's id; with --role service, the service's name.
        #[arg(long)]
        user: String,
        /// The user's name, for display.
        #[arg(long)]
        name: Option<String>,
        /// What the token allows beside: service, mediator, moderator, admin. Can be given more than once.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
        /// How long it is good for: 90s, 15m, 1h, 7d.
        #[arg(long, default_value = "1h", value_parser = parse_ttl)]
        ttl: Duration,
    },
    /// Prints the settings in force and where each came from.
    Config {
        /// All settings with their defaults and what they mean, as docs/configuration.md.
        #[arg(long, conflicts_with = "sample")]
        markdown: bool,
        /// A complete threadline.toml with the defaults.
        #[arg(long)]
        sample: bool,
    },
    /// Moves an existing chat in: threads, members, messages, read marks and names, through the log. A second run changes
    /// nothing, and a longer export adds what is new. The format is in docs/import.md.
    Import(import::Options),
    /// Rebuilds projections beside live traffic, and says which of their generations is read.
    Replay {
        #[command(subcommand)]
        verb: replay::Verb,
    },
    /// Drives load against running edges and reports latencies.
    Load(load::Options),
}

#[derive(Debug, Subcommand)]
enum Topics {
    /// Creates what is missing.
    Create {
        /// Partitions of each topic; fixed for ever.
        #[arg(
            long, default_value_t = threadline_eventlog::kafka::PARTITIONS_DEFAULT,
            value_parser = clap::value_parser!(u32).range(1..=i64::from(config::PARTITIONS_MAX)),
        )]
        partitions: u32,
        /// Brokers that keep each record.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
        replication: u32,
    },
    /// Shows what is there.
    List,
}

/// Where an edge listens.
#[derive(Debug, Args)]
struct Listen {
    /// The port on 127.0.0.1; 0 takes a free one. With several edges the first one's.
    #[arg(long, conflicts_with = "listen")]
    port: Option<u16>,
    /// The address with its port, such as 0.0.0.0:8080.
    #[arg(long)]
    listen: Option<SocketAddr>,
}

/// Where a role says how it is, apart from clients.
#[derive(Debug, Args)]
struct Health {
    /// The port on 127.0.0.1 for /livez, /readyz and /metrics.
    #[arg(long)]
    health_port: Option<u16>,
}

impl Listen {
    fn flag(&self) -> Option<(String, String)> {
        let port = self.port.map(|port| format!("127.0.0.1:{port}"));
        let address = port.or_else(|| self.listen.map(|address| address.to_string()))?;
        Some(("edge.listen".into(), address))
    }
}

impl Health {
    fn flag(&self) -> Option<(String, String)> {
        Some(("health.listen".into(), format!("127.0.0.1:{}", self.health_port?)))
    }
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("not KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

impl Cli {
    /// What the flags say, by the settings' keys.
    fn flags(&self) -> Vec<(String, String)> {
        let mut flags = self.settings.clone();
        match &self.command {
            Command::Dev { listen, .. } => flags.extend(listen.flag()),
            Command::Edge { listen, health } => flags.extend(listen.flag().into_iter().chain(health.flag())),
            Command::Decider { health } | Command::Projector { health } => flags.extend(health.flag()),
            _ => {}
        }
        flags
    }
}
