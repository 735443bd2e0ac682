//! The parts of the `threadline` binary: configuration, telemetry, its own Postgres, the roles' wiring, the tools.

pub mod postgres;
