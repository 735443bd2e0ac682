//! An edge's HTTP side, call by call, over a real decider, projector and database and a log in memory.

mod app;
mod development;
mod habits;
mod junk;
mod limits;
mod matrix;
mod members;
mod messages;
mod page;
mod pages;
mod proxy;
mod reads;
mod roles;
mod serving;
mod surface;
mod texts;
mod threads;
mod users;

use app::App;
