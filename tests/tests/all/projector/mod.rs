//! Projectors on a log in memory and a real Postgres: what is in the log is in the views, once, whatever dies.

mod away;
mod catching_up;
mod faults;
mod poison;
mod unknown;
mod world;

pub(crate) use world::World;
