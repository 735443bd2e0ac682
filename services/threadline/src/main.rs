//! The one binary: every role and every tool.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use threadline::cli::{Cli, run};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "threadline: {error}");
            ExitCode::FAILURE
        }
    }
}
