//! All integration tests, one binary: one module a subject.

mod arrows;
mod cycles;
mod decider;
mod faults;
mod import;
mod journeys;
mod log_contract;
mod projector;
mod rebuild;
mod rest;
mod sealing;
mod sockets;
mod versions;
mod views;
