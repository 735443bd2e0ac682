//! What people typed is nowhere but where it is shown; and nowhere at all once its author's key is destroyed.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor, PgPool, Row};
use threadline_domain::Topic;
use threadline_eventlog::{EventLog, Headers, NewRecord};
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::log::records;
use threadline_tests::projections::Projections;
use threadline_tests::rest::Rest;
use threadline_tests::socket::Socket;
use threadline_tests::wait::until;

use crate::rebuild::caught_up;

/// Stands in everything that is typed in these tests.
const PLANTED: &str = "Xyzzyplover";
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn planted_text_is_found_nowhere_on_postgres() {
    nowhere("leak-postgres", Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_text_is_found_nowhere_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    nowhere("leak-kafka", Backend::kafka(&brokers).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_key_erases_on_every_path_and_in_a_rebuild() {
    let mut cluster = Cluster::start("erased", Layout::Roles, Backend::postgres().await).await;
    let storage = cluster.backend.open().await;
    let (typed, cursor) = everything_is_typed(&cluster).await;
    caught_up(&storage).await;
    let shown = everything_shown(&cluster, &typed, &cursor).await;
    assert!(shown.iter().all(|(path, text)| text.contains(PLANTED) || panic!("{path} shows {text}")));
    let projections = Projections::at(cluster.backend.database_url());
    let before = projections.checksums().await;

    let pool = PgPool::connect(cluster.backend.database_url()).await.expect("the database answers");
    pool.execute("select threadline_keys.destroy('ann')").await.expect("a key can be destroyed");
    until("every path on both edges says erased", PATIENCE, async || {
        everything_shown(&cluster, &typed, &cursor).await.iter().all(|(_, text)| !text.contains(PLANTED))
    })
    .await;
    let message = cluster.rest(1, "bob").get(&format!("messages/{}/", typed.message)).await.ok();
    assert_eq!((&message["content"], &message["erased"], &message["metadata"]), (&json!(""), &json!(true), &json!({})));
    let thread = cluster.rest(0, "bob").get(&format!("threads/{}/", typed.thread)).await.ok();
    assert_eq!((&thread["title"], &thread["last_number"], &thread["unread"]), (&Value::Null, &json!(3), &json!(0)));

    assert_eq!(projections.checksums().await, before, "no row changed");
    for projector in ["projector-0", "projector-1"] {
        cluster.process(projector).terminate();
        assert!(cluster.process(projector).exited().await.success(), "{projector} ends well");
    }
    projections.drop_all().await;
    cluster.run(&["migrate"]);
    for projector in ["projector-0", "projector-1"] {
        cluster.revive(projector).await;
    }
    caught_up(&storage).await;
    assert_eq!(projections.checksums().await, before);
    let shown = everything_shown(&cluster, &typed, &cursor).await;
    assert!(shown.iter().all(|(_, text)| !text.contains(PLANTED)), "{shown:?}");

    // What the author types later has a new key, and others' texts were never touched.
    let later = format!("threads/{}/messages/", typed.thread);
    let sent = cluster.rest(0, "ann").post(&later, json!({"content": "later"})).await.is(201);
    let read =
        cluster.rest(1, "bob").get(&format!("{later}?at_least={}", sent["position"].as_str().unwrap())).await.ok();
    let contents: Vec<_> = read["messages"].as_array().unwrap().iter().map(|message| &message["content"]).collect();
    assert_eq!(contents, ["later", "from bob", "", ""]);
    pool.close().await;
}

/// What was typed where.
struct Typed {
    thread: String,
    message: String,
    /// Who typed it, with a name in the token.
    ann: Rest,
}

/// Ann types something into every field there is; answers with a cursor from before.
async fn everything_is_typed(cluster: &Cluster) -> (Typed, String) {
    let name = format!("Ann {PLANTED}");
    let token = cluster.run(&["token", "--user", "ann", "--name", &name]);
    let ann = cluster.rest(0, "ann").with_token(token.trim());
    let thread = json!({"kind": "group", "participants": ["bob"], "title": PLANTED, "metadata": {"a": PLANTED}});
    let thread = ann.post("threads/", thread).await.is(201)["id"].as_str().expect("an id").to_owned();
    let (_, welcome) = Socket::hello(cluster.edge(0), "bob", None).await;
    let messages = format!("threads/{thread}/messages/");
    let text = json!({"content": format!("a {PLANTED}"), "metadata": {"deep": {"er": PLANTED}}});
    let message = ann.post(&messages, text).await.is(201)["id"].as_str().expect("an id").to_owned();
    let other =
        ann.post(&messages, json!({"content": "to be edited"})).await.is(201)["id"].as_str().unwrap().to_owned();
    let edit = json!({"content": format!("edited {PLANTED}"), "metadata": {"b": PLANTED}});
    ann.put(&format!("messages/{other}/"), edit).await.ok();
    ann.put(&format!("threads/{thread}/"), json!({"title": format!("{PLANTED} again")})).await.ok();
    cluster.rest(0, "bob").post(&messages, json!({"content": "from bob"})).await.is(201);
    let cursor = welcome["cursor"].as_str().expect("a cursor").to_owned();
    (Typed { thread, message, ann }, cursor)
}

/// What Bob is shown on every path at both edges.
async fn everything_shown(cluster: &Cluster, typed: &Typed, cursor: &str) -> Vec<(String, String)> {
    let Typed { thread, message, .. } = typed;
    let mut shown = Vec::new();
    for edge in [0, 1] {
        let bob = cluster.rest(edge, "bob");
        for path in [
            "threads/".to_owned(),
            format!("threads/{thread}/"),
            format!("threads/{thread}/messages/"),
            format!("messages/{message}/"),
            format!("threads/{thread}/events/"),
        ] {
            shown.push((format!("{edge}: {path}"), bob.get(&path).await.ok().to_string()));
        }
        let (mut socket, _) = Socket::hello(cluster.edge(edge), "bob", Some(cursor)).await;
        let (events, _) = socket.sync().await;
        assert!(!events.is_empty(), "something was missed");
        shown.push((format!("{edge}: resume"), format!("{events:?}")));
    }
    shown
}

async fn nowhere(test: &str, backend: Backend) {
    let cluster = Cluster::start(test, Layout::Roles, backend).await;
    let storage = cluster.backend.open().await;
    let (typed, cursor) = everything_is_typed(&cluster).await;
    caught_up(&storage).await;
    until("the name is known", PATIENCE, async || {
        let thread = typed.ann.get(&format!("threads/{}/", typed.thread)).await.ok();
        thread["members"][0]["name"].as_str().is_some_and(|name| name.contains(PLANTED))
    })
    .await;
    a_record_is_corrupt(&*storage.log).await;
    until("its letter is there", PATIENCE, async || !records(&*storage.log, Topic::DeadLetters).await.is_empty()).await;
    let shown = everything_shown(&cluster, &typed, &cursor).await;
    assert!(shown.iter().all(|(path, text)| text.contains(PLANTED) || panic!("{path} shows {text}")));

    let mut kept = 0;
    for topic in Topic::ALL {
        for record in records(&*storage.log, topic).await {
            let bytes = format!("{record:?}");
            assert!(!bytes.contains(PLANTED), "{topic} holds it: {bytes}");
            assert!(!contains(record.value.as_deref().unwrap_or_default()), "{topic} holds it");
            kept += 1;
        }
    }
    assert!(kept > 10, "only {kept} records were looked at");
    let tables = tables_that_hold(cluster.backend.database_url()).await;
    assert!(tables.is_empty(), "found in {tables:?}");
    let logs = cluster.logs();
    assert!(logs.contains("threadline edge starts"), "these are not the processes' logs");
    assert!(!logs.contains(PLANTED), "found in the processes' logs");
}

/// A name as it lies in the log, cut off: it cannot be read, and its letter keeps what there is.
async fn a_record_is_corrupt(log: &dyn EventLog) {
    let users = records(log, Topic::Users).await;
    let named = users.iter().find(|record| record.key.as_ref() == b"ann").expect("ann's name is in the log");
    let value = named.value.as_ref().expect("it has a value");
    let cut =
        NewRecord { key: named.key.clone(), value: Some(value.slice(..value.len() - 3)), headers: Headers::new() };
    log.append(Topic::Users, cut).await.expect("the log takes it");
}

fn contains(bytes: &[u8]) -> bool {
    bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes())
}

/// Tables of any schema with the planted text in some row, as text or in bytes.
async fn tables_that_hold(url: &str) -> Vec<String> {
    let pool = PgPool::connect(url).await.expect("the database answers");
    let tables = sqlx::query(
        "select format('%I.%I', table_schema, table_name) as name from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&pool)
    .await
    .expect("tables can be listed");
    assert!(tables.len() > 10, "only {} tables were looked at", tables.len());
    let mut found = Vec::new();
    for table in tables {
        let name: String = table.get("name");
        let statement = format!(
            "select count(*) from {name} t
             where strpos(t::text, '{PLANTED}') > 0 or strpos(t::text, encode('{PLANTED}'::bytea, 'hex')) > 0"
        );
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&pool).await.expect("rows can be read");
        if count > 0 {
            found.push(name);
        }
    }
    pool.close().await;
    found
}
