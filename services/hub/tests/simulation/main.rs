//! Drives the hub with a seeded script and compares what every connection received with a plain model.
//!
//! `THREADLINE_SIMULATION_SEEDS` sets the number of seeds, `THREADLINE_SIMULATION_SEED` runs one.

mod client;
mod edge;
mod log;
mod model;
mod script;

use std::panic::{AssertUnwindSafe, catch_unwind};

use script::Script;

/// Seeds of an ordinary run.
const SEEDS: u64 = 300;

#[test]
fn every_connection_receives_exactly_what_the_model_says() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let seeds = match number("THREADLINE_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("THREADLINE_SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    let mut seen = script::Seen::default();
    for seed in seeds.clone() {
        let run = catch_unwind(AssertUnwindSafe(|| Script::new(seed).run()));
        match run {
            Ok(of_run) => seen.add(&of_run),
            Err(panic) => {
                eprintln!("failed with THREADLINE_SIMULATION_SEED={seed}");
                std::panic::resume_unwind(panic);
            }
        }
    }
    eprintln!("{seen:?}");
    if seeds.end - seeds.start >= SEEDS {
        seen.assert_complete();
    }
}
