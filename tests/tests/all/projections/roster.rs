//! Which schemas every role in operation reads.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use threadline_projections::{Entered, Roster, RosterConfig};
use threadline_tests::database::Database;
use threadline_tests::wait;

const PATIENCE: Duration = Duration::from_secs(30);

struct Roles {
    pool: PgPool,
    expiry: Duration,
    entry_wait: Duration,
    _database: Database,
}

impl Roles {
    async fn new(expiry: Duration) -> Self {
        let database = Database::fresh().await;
        let pool = PgPoolOptions::new().max_connections(4).connect_lazy(database.url()).unwrap();
        let (one, other) = tokio::join!(Roster::migrate(&pool), Roster::migrate(&pool));
        one.unwrap();
        other.unwrap();
        Self { pool, expiry, entry_wait: PATIENCE, _database: database }
    }

    fn role(&self, id: &str, schemas: &[u32]) -> Roster {
        let config = RosterConfig { expiry: self.expiry, entry_wait: self.entry_wait, ..RosterConfig::default() };
        Roster::new(&self.pool, config, "decider", id.into(), schemas.to_vec())
    }
}

fn read(role: &Roster) -> Vec<u32> {
    (0..10).filter(|schema| role.is_read_everywhere(*schema)).collect()
}

#[tokio::test]
async fn what_an_older_role_does_not_read_waits_until_it_is_gone() {
    let roles = Roles::new(Duration::from_mins(5)).await;
    let (newer, older) = (roles.role("newer", &[1, 2, 3]), roles.role("older", &[1, 2]));
    assert_eq!(read(&newer), [0; 0], "nothing was heard yet");
    newer.announce().await.unwrap();
    assert_eq!(read(&newer), [1, 2, 3]);
    older.announce().await.unwrap();
    newer.announce().await.unwrap();
    assert_eq!((read(&newer), read(&older)), (vec![1, 2], vec![1, 2]));
    older.leave().await.unwrap();
    newer.announce().await.unwrap();
    assert_eq!((read(&newer), read(&older)), (vec![1, 2, 3], vec![]));
}

#[tokio::test]
async fn a_role_that_was_killed_counts_until_it_expires() {
    let roles = Roles::new(Duration::from_millis(1_500)).await;
    let (newer, older) = (roles.role("newer", &[1, 2]), roles.role("older", &[1]));
    older.announce().await.unwrap();
    newer.announce().await.unwrap();
    assert_eq!(read(&newer), [1]);
    wait::until("the older one expires", PATIENCE, async || {
        newer.announce().await.unwrap();
        read(&newer) == [1, 2]
    })
    .await;
}

/// Whoever cannot hear of others takes it that they read nothing new.
#[tokio::test]
async fn what_was_heard_too_long_ago_does_not_count() {
    let roles = Roles::new(Duration::from_millis(200)).await;
    let role = roles.role("alone", &[1]);
    role.announce().await.unwrap();
    wait::until("it is out of date", PATIENCE, async || read(&role).is_empty()).await;
}

/// What a newer role writes after an older one has entered, the older one reads.
#[tokio::test]
async fn a_role_has_entered_when_every_newer_one_has_heard_of_it() {
    let roles = Roles::new(Duration::from_mins(5)).await;
    let (newer, same, older) = (roles.role("newer", &[1, 2]), roles.role("same", &[1]), roles.role("older", &[1]));
    newer.announce().await.unwrap();
    same.announce().await.unwrap();
    assert_eq!(read(&newer), [1, 2]);
    let entering = tokio::spawn(async move { older.enter().await.unwrap() });
    // The one that is no newer says nothing meanwhile, and is not waited for.
    wait::until("the newer role hears of it", PATIENCE, async || {
        newer.announce().await.unwrap();
        entering.is_finished()
    })
    .await;
    assert_eq!(entering.await.unwrap(), Entered::Heard);
    assert_eq!(read(&newer), [1]);
}

#[tokio::test]
async fn a_role_that_finds_a_silent_newer_one_enters_all_the_same() {
    let roles = Roles { entry_wait: Duration::from_millis(300), ..Roles::new(Duration::from_mins(5)).await };
    roles.role("newer", &[1, 2]).announce().await.unwrap();
    assert_eq!(roles.role("older", &[1]).enter().await.unwrap(), Entered::Unheard);
    assert_eq!(roles.role("newest", &[1, 2, 3]).enter().await.unwrap(), Entered::Heard);
}
