//! A Django project moves in with the commands of the documentation: dry run, run, run again, and again after life went on.

use serde_json::{Value, json};
use threadline_tests::cluster::{Backend, Cluster, Layout, shared_brokers};
use threadline_tests::corpus::Corpus;
use threadline_tests::projections::Projections;

use super::comparison::{compare, rest};
use super::old_chat::OldChat;

#[tokio::test(flavor = "multi_thread")]
async fn a_django_project_moves_in_and_everybody_sees_what_they_saw() {
    let cluster = Cluster::start("import-django", Layout::Dev, Backend::postgres().await).await;
    let old = OldChat::build(cluster.directory(), &Corpus::at_hand());
    let file = old.export("chat.jsonl", None);

    let projections = Projections::at(cluster.backend.database_url());
    let before = projections.checksums().await;
    let outlook = summary(&cluster, &[&file, "--dry-run"]);
    assert_eq!(projections.checksums().await, before, "a dry run writes nothing");
    let done = summary(&cluster, &[&file]);
    for counted in [
        "threads_created",
        "dms_created",
        "members_added",
        "members_removed",
        "roles_changed",
        "messages_created",
        "messages_edited",
        "messages_deleted",
        "reads_marked",
        "users_named",
    ] {
        assert!(done[counted].as_u64() > Some(0), "{counted}: {done}");
        assert_eq!(outlook[counted], done[counted], "the dry run knew it: {counted}");
    }
    assert_eq!((&done["refused"], &outlook["threads_in_use"]), (&json!({}), &json!([])));

    let seqs = compare(&cluster, &old.view()).await;
    let before = projections.checksums().await;
    let again = summary(&cluster, &[&file]);
    for counted in
        ["threads_created", "messages_created", "messages_edited", "messages_deleted", "reads_marked", "users_named"]
    {
        assert_eq!(again[counted], 0, "{counted}: {again}");
    }
    assert_eq!(again["messages_already_there"], done["messages_created"]);
    assert_eq!(projections.checksums().await, before, "a second run changes nothing");
    assert_eq!(compare(&cluster, &old.view()).await, seqs);
    no_deleted_text(&cluster, &old.view()).await;
    a_later_dm_is_the_same(&cluster, &old.view()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_export_brings_what_is_new_and_what_changed_on_postgres() {
    import_again_later("import-later-postgres", Layout::Dev, Backend::postgres().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_export_brings_what_is_new_and_what_changed_on_kafka() {
    let Some(brokers) = shared_brokers() else { return };
    import_again_later("import-later-kafka", Layout::Roles, Backend::kafka(&brokers).await).await;
}

async fn import_again_later(test: &str, layout: Layout, backend: Backend) {
    let cluster = Cluster::start(test, layout, backend).await;
    let old = OldChat::build(cluster.directory(), &Corpus::sample());
    summary(&cluster, &[&old.export("first.jsonl", None)]);
    compare(&cluster, &old.view()).await;

    old.go_on();
    let file = old.export("second.jsonl", None);
    let outlook = summary(&cluster, &[&file, "--dry-run"]);
    let done = summary(&cluster, &[&file]);
    for counted in
        ["members_added", "members_removed", "roles_changed", "messages_created", "messages_edited", "messages_deleted"]
    {
        assert!(done[counted].as_u64() > Some(0), "{counted}: {done}");
        assert_eq!(outlook[counted], done[counted], "the dry run knew it: {counted}");
    }
    assert_eq!((&done["threads_created"], &done["messages_late"]), (&json!(0), &json!(0)));
    let seqs = compare(&cluster, &old.view()).await;
    // An export of the newest alone refers to older messages, which it brings along.
    let newest = old.export("newest.jsonl", Some("2026-01-01T00:00:00Z"));
    summary(&cluster, &[&newest]);
    summary(&cluster, &[&file]);
    assert_eq!(compare(&cluster, &old.view()).await, seqs, "nothing of it was new");
}

/// Runs an import and returns its summary.
fn summary(cluster: &Cluster, arguments: &[&str]) -> Value {
    let arguments = [&["import", "--json"], arguments].concat();
    serde_json::from_str(&cluster.run(&arguments)).expect("the summary is JSON")
}

/// The timeline, which shows every event, has none of the deleted texts.
async fn no_deleted_text(cluster: &Cluster, old: &Value) {
    let threads = old["threads"].as_object().expect("threads");
    let has_deleted = |thread: &&Value| {
        thread["messages"].as_array().into_iter().flatten().any(|message| !message["deleted_at"].is_null())
    };
    let thread = threads.values().find(has_deleted).expect("something was deleted");
    let member = thread["members"].as_object().expect("members").keys().next().expect("a member");
    let member = rest(cluster, member);
    let threads = super::comparison::threads_of(&member).await;
    let id = threads[thread["title"].as_str().expect("a group")]["id"].as_str().expect("an id").to_owned();
    let (mut after_seq, mut deleted) = (0, 0);
    loop {
        let page = member.get(&format!("threads/{id}/events/?after_seq={after_seq}")).await.ok();
        let events = page["events"].as_array().cloned().unwrap_or_default();
        let Some(last) = events.last() else { break };
        after_seq = last["seq"].as_u64().expect("a seq");
        assert!(!page.to_string().contains("taken back"), "{page}");
        deleted += events.iter().filter(|event| event["event"]["type"] == "message_deleted").count();
    }
    assert!(deleted > 0);
}

/// Whoever opens a dm with the other gets the old one.
async fn a_later_dm_is_the_same(cluster: &Cluster, old: &Value) {
    let threads = old["threads"].as_object().expect("threads");
    let pair = |label: &String| {
        let people: Vec<String> = label.strip_prefix("dm ")?.split(' ').map(str::to_owned).collect();
        (people.len() == 2).then_some(people)
    };
    let people = threads.keys().find_map(pair).expect("a dm of two");
    let body = json!({"kind": "dm", "participants": [people[1]]});
    let dm = rest(cluster, &people[0]).post("threads/", body).await.is(200);
    assert!(dm["last_number"].as_u64() > Some(0), "{dm}");
}
