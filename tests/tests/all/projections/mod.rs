//! The projections on a real Postgres: rows, pages, marks, snapshots.

mod applying;
mod messages;
mod resume;
mod roster;
mod script;
mod snapshots;
mod threads;
mod unread;

use std::ops::Deref;

use threadline_projections::Conversations;
use threadline_tests::database::Database;
use threadline_tests::projections::Projections;

pub(crate) use script::{Script, at, message_id, user};

/// Projections in a database of their own, which goes when this does.
pub(crate) struct Fresh {
    pub(crate) all: Projections,
    /// Those of `all`.
    pub(crate) views: Conversations,
    _database: Database,
}

impl Deref for Fresh {
    type Target = Projections;

    fn deref(&self) -> &Projections {
        &self.all
    }
}

pub(crate) async fn fresh() -> Fresh {
    let database = Database::fresh().await;
    let all = Projections::fresh(&database).await;
    Fresh { views: all.conversations.clone(), all, _database: database }
}
