//! The views on a real Postgres: rows, pages, marks, snapshots.

mod applying;
mod messages;
mod resume;
mod roster;
mod script;
mod snapshots;
mod threads;
mod unread;

use sqlx::postgres::PgPoolOptions;
use threadline_projections::Views;
use threadline_tests::database::Database;

pub(crate) use script::{Script, at, message_id, user};

/// Views in a database of their own, which goes when this does.
pub(crate) struct Fresh {
    pub(crate) views: Views,
    _database: Database,
}

pub(crate) async fn fresh() -> Fresh {
    let database = Database::fresh().await;
    let views = open(&database);
    views.migrate().await.unwrap();
    Fresh { views, _database: database }
}

pub(crate) fn open(database: &Database) -> Views {
    Views::new(PgPoolOptions::new().max_connections(4).connect_lazy(database.url()).unwrap())
}
