//! Faults under load: whatever is killed, the judge of all that every client saw finds nothing wrong.

mod broker;
mod kills;
mod pools;
pub(crate) mod probes;
mod readers;
pub(crate) mod town;

/// A number from the environment.
fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}
