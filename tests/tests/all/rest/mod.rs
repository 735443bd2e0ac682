//! An edge's HTTP side, call by call, over a real decider, projector and database and a log in memory.

mod app;
mod development;
mod junk;
mod matrix;
mod members;
mod messages;
mod page;
mod reads;
mod serving;
mod surface;
mod threads;

use app::App;
