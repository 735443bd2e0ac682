//! A team moves in with its old chat.

mod bad_lines;
mod comparison;
mod django;
mod in_use;
mod life_here;
mod old_chat;
mod overlaps;
mod resume;

use std::time::Instant;

use serde_json::{Value, json};
use threadline_domain::ThreadId;
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::corpus::{Corpus, Imported};
use threadline_tests::socket::Socket;

#[tokio::test(flavor = "multi_thread")]
async fn an_old_history_moves_in_once_on_postgres() {
    move_in("import-postgres", Layout::Dev, Backend::postgres().await, &Corpus::at_hand()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_history_moves_in_once_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    move_in("import-kafka", Layout::Roles, Backend::kafka(&brokers).await, &Corpus::sample()).await;
}

async fn move_in(test: &str, layout: Layout, backend: Backend, corpus: &Corpus) {
    let cluster = Cluster::start(test, layout, backend).await;
    let file = corpus.path.to_str().expect("a path in UTF-8");
    let start = Instant::now();
    let summary = cluster.run(&["import", file, "--json"]);
    let (count, seconds) = (corpus.messages, start.elapsed().as_secs_f64());
    println!("{test}: {count} messages in {seconds:.1} s, {:.0}/s; {}", count as f64 / seconds, summary.trim());
    let mut seqs = Vec::new();
    for (key, thread) in &corpus.threads {
        let shown = details(&cluster, key, thread).await;
        assert_eq!((&shown["key"], &shown["last_number"]), (&json!(key), &json!(thread.messages)), "{key}");
        assert_eq!(shown["last_message"]["content"], json!(thread.last_content), "{key}");
        seqs.push(shown["last_seq"].clone());
    }

    cluster.run(&["import", file, "--json"]);
    for ((key, thread), seq) in corpus.threads.iter().zip(seqs) {
        assert_eq!(details(&cluster, key, thread).await["last_seq"], seq, "{key}: a second import changes nothing");
    }

    // Life goes on where it stopped.
    let (key, old) = corpus.threads.iter().next().expect("a history has threads");
    let (thread, writer, guest) = (id(key), old.first_sender.as_str(), "guest");
    let added = cluster.rest(0, writer).post(&format!("threads/{thread}/members/"), json!({"user": guest})).await.ok();
    let at_least = added["position"].as_str().expect("a write has a position");
    cluster.rest(1, guest).get(&format!("threads/{thread}/?at_least={at_least}")).await.ok();
    let (mut w, _) = Socket::hello(cluster.edge(0), writer, None).await;
    let (mut g, _) = Socket::hello(cluster.edge(1), guest, None).await;
    let said = w.say(&thread, "shall we go on here?").await;
    assert_eq!(said["number"], old.messages + 1);
    assert_eq!(g.event_of(&thread, "message_posted").await["seq"], said["seq"]);
    let answer = g.say(&thread, "yes").await;
    assert_eq!(answer["number"], old.messages + 2);
    let at_least = answer["position"].as_str().expect("an ok has a position");
    let page =
        cluster.rest(1, guest).get(&format!("threads/{thread}/messages/?limit=3&at_least={at_least}")).await.ok();
    let contents: Vec<&Value> = page["messages"].as_array().into_iter().flatten().map(|one| &one["content"]).collect();
    assert_eq!(contents, [&json!("yes"), &json!("shall we go on here?"), &json!(old.last_content)]);
}

/// A thread as its first sender sees it.
async fn details(cluster: &Cluster, key: &str, thread: &Imported) -> Value {
    cluster.rest(0, &thread.first_sender).get(&format!("threads/{}/", id(key))).await.ok()
}

fn id(key: &str) -> String {
    ThreadId::of_key(key).to_string()
}
