//! Every setting, a file for each part of the program.

mod auth;
mod database;
mod decider;
mod edge;
mod edge_http;
mod edge_hub;
mod kafka;
mod postgres_log;
mod process;
mod projector;
mod sealing;
mod urls;

use std::ops::RangeInclusive;

use super::error::Error;
use super::layers::Layers;
use super::reader::Reader;
use super::{Config, Log};

/// Room for something in memory.
const BYTES: RangeInclusive<usize> = 4_096..=1 << 40;
/// How many of something.
const COUNT: RangeInclusive<usize> = 1..=100_000_000;
/// A wait.
const WAIT_MS: RangeInclusive<u64> = 1..=3_600_000;
/// A wait that may be none.
const ANY_WAIT_MS: RangeInclusive<u64> = 0..=3_600_000;
/// Connections to a Postgres.
const CONNECTIONS: RangeInclusive<u32> = 1..=10_000;

pub(super) fn read(layers: Layers) -> Result<Config, Error> {
    let mut reader = Reader::new(layers);
    let from = &mut reader;
    let directory = process::directory(from)?;
    let telemetry = process::telemetry(from)?;
    let health = process::health(from)?;
    let roster = process::roster(from)?;
    let database = database::read(from)?;
    let postgres_log = postgres_log::read(from)?;
    let kafka = kafka::read(from)?;
    let auth::Read { auth, claims: token_claims } = auth::read(from)?;
    let sealing = sealing::read(from)?;
    let decider = decider::read(from)?;
    let projector = projector::read(from)?;
    let edge::Read { mut edge, development_tokens } = edge::read(from)?;
    edge.health = Some(health);
    let log = if kafka.is_used {
        edge.topic_prefix.clone_from(&kafka.config.topic_prefix);
        Log::Kafka(Box::new(kafka.config))
    } else {
        Log::Postgres(Box::new(postgres_log))
    };
    let entries = reader.finish()?;
    Ok(Config {
        directory,
        database,
        log,
        auth,
        token_claims,
        edge,
        development_tokens,
        sealing,
        decider,
        projector,
        roster,
        health,
        telemetry,
        entries,
    })
}
