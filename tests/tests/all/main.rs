//! All integration tests, one binary: one module a subject.

mod aggregates;
mod arrows;
mod cycles;
mod decider;
mod docs;
mod faults;
mod import;
mod journeys;
mod log_contract;
mod metrics;
mod projections;
mod projector;
mod rebuild;
mod replay;
mod rest;
mod sealing;
mod sockets;
mod versions;
mod warnings;
