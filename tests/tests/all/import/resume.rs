//! An import that is killed, and killed again, ends in the same state as one that is not.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, PgPool};
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::corpus::Corpus;
use threadline_tests::projections::Projections;
use threadline_tests::wait::until;

use super::old_chat::OldChat;

/// How long an import may take until it has brought so many messages.
const PATIENCE: Duration = Duration::from_mins(2);
/// What the tables hold but for texts, which are sealed differently each time, and places in the log.
const STATE: [(&str, &str); 4] = [
    ("threads", "id, kind, key, created_at, last_seq, last_number, active_at, member_count, deleted_count"),
    ("members", "thread, user_id, role, joined_seq, joined_number, removed_seq, read_number, read_at, unread"),
    (
        "messages",
        "thread, number, id, seq, sender, kind, reply_to, sent_at, edited_at, deleted_at, deleted_by, content_seq, metadata_seq",
    ),
    ("users", "id"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on_where_it_stopped() {
    let killed = Cluster::start("import-killed", Layout::Dev, Backend::postgres().await).await;
    let whole = Cluster::start("import-whole", Layout::Dev, Backend::postgres().await).await;
    let file = OldChat::build(killed.directory(), &Corpus::at_hand()).export("chat.jsonl", None);
    whole.run(&["import", &file]);
    let expected = state(&whole).await;
    let messages = count(&whole).await;

    let pool = pool(&killed);
    for part in [1, messages / 4, messages / 2] {
        let mut import = killed.spawn(&["import", &file]);
        until("the import has brought a part", PATIENCE, async || {
            imported(&killed, &pool).await >= part || import.try_wait().expect("our own child").is_some()
        })
        .await;
        import.kill().expect("our own child can be killed");
        let status = import.wait().expect("a killed child ends");
        assert!(!status.success(), "it was killed in the middle: {part} of {messages}");
    }
    killed.run(&["import", &file]);
    for ((table, columns), (found, expected)) in STATE.iter().zip(state(&killed).await.into_iter().zip(expected)) {
        let different = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(different, None, "{table}: {columns}");
        assert_eq!(found.len(), expected.len(), "{table}");
    }
}

fn pool(cluster: &Cluster) -> PgPool {
    PgPoolOptions::new().max_connections(1).connect_lazy(cluster.backend.database_url()).expect("a URL")
}

async fn imported(cluster: &Cluster, pool: &PgPool) -> i64 {
    let schema = Projections::at(cluster.backend.database_url()).live("conversations").await;
    let statement = format!("select count(*) from {schema}.messages");
    sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(pool).await.expect("the database answers")
}

async fn count(cluster: &Cluster) -> i64 {
    imported(cluster, &pool(cluster)).await
}

/// The rows of each table, as text.
async fn state(cluster: &Cluster) -> Vec<Vec<String>> {
    let pool = pool(cluster);
    let schema = Projections::at(cluster.backend.database_url()).live("conversations").await;
    let mut tables = Vec::new();
    for (table, columns) in STATE {
        let statement = format!("select row({columns})::text from {schema}.{table} order by 1");
        let rows = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(&pool).await;
        tables.push(rows.expect("the database answers"));
    }
    tables
}
