//! What every verb of `threadline replay` takes.

use std::sync::Arc;

use clap::Args;
use threadline_projections::{Projection, projections};

use crate::error::Error;

/// The projection that is meant.
#[derive(Clone, Debug, Args)]
pub struct Name {
    /// The projection: states or conversations.
    #[arg(value_name = "NAME", value_parser = parse_name)]
    name: String,
}

/// How to say what came of it.
#[derive(Clone, Copy, Debug, Args)]
pub struct Output {
    /// As JSON, one object a line.
    #[arg(long)]
    pub json: bool,
}

impl Name {
    /// Finds the projection of this name.
    pub fn found(&self) -> Result<Arc<dyn Projection>, Error> {
        let found = projections().into_iter().find(|projection| projection.spec().name == self.name);
        found.ok_or_else(|| Error::Tool(format!("there is no projection {}", self.name)))
    }
}

fn parse_name(name: &str) -> Result<String, String> {
    let known: Vec<_> = projections().iter().map(|projection| projection.spec().name).collect();
    if known.contains(&name) { Ok(name.to_owned()) } else { Err(format!("must be one of {}", known.join(", "))) }
}
