//! What the tests of the whole system share: the real binary as processes, clients, and the judge of what clients saw.

pub mod checker;
pub mod cluster;
pub mod corpus;
pub mod database;
pub mod deaf;
pub mod edges;
pub mod keys;
pub mod log;
pub mod person;
pub mod projections;
pub mod rest;
pub mod socket;
pub mod token;
pub mod wait;
