//! What people do here after an import is not undone by the next one.

use serde_json::{Value, json};
use threadline_domain::ThreadId;
use threadline_tests::cluster::{Backend, Cluster, Layout};
use threadline_tests::projections::Projections;

use super::comparison::{checksums, messages_of, rest};

const THREAD: &str = r#"{"type":"thread","id":1,"kind":"group","key":"k","title":"t","created_at":"2025-01-01T00:00:00Z","created_by":"ann"}"#;

fn member(user: &str, rest: &str) -> String {
    format!(r#"{{"type":"member","thread":1,"user":"{user}"{rest}}}"#)
}

fn message(id: u32, sender: &str, rest: &str) -> String {
    format!(
        r#"{{"type":"message","id":{id},"thread":1,"sender":"{sender}","sent_at":"2025-01-01T00:00:{id:02}Z",{rest}}}"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_import_leaves_alone_what_people_have_changed_here() {
    let cluster = Cluster::start("import-life-here", Layout::Dev, Backend::postgres().await).await;
    let import = |lines: &[String]| -> Value {
        let path = cluster.directory().join("old.jsonl");
        std::fs::write(&path, lines.join("\n")).expect("the folder can be written");
        let said = cluster.run(&["import", path.to_str().expect("UTF-8"), "--json"]);
        serde_json::from_str(&said).expect("a summary")
    };
    let edited = r#""content":"edited there","edited_at":"2025-01-02T00:00:00Z""#;
    let mut lines = vec![
        THREAD.to_owned(),
        member("ann", ""),
        member("bob", r#","role":"admin""#),
        member("cid", ""),
        member("dan", r#","left_at":"2025-03-01T00:00:00Z""#),
        message(1, "ann", r#""content":"one""#),
        message(2, "bob", edited),
        message(3, "cid", r#""content":"three""#),
        message(4, "cid", r#""content":"four""#),
        message(5, "eve", r#""content":"five""#),
    ];
    assert_eq!(import(&lines)["messages_created"], 5);
    let thread = ThreadId::of_key("k").to_string();
    let [ann, bob, cid] = ["ann", "bob", "cid"].map(|user| rest(&cluster, user));
    let before = messages_of(&ann, &thread, 5).await;
    let id = |number: usize| before[number - 1]["id"].as_str().expect("an id").to_owned();

    ann.put(&format!("messages/{}/", id(1)), json!({"content": "edited here"})).await.ok();
    bob.put(&format!("messages/{}/", id(2)), json!({"content": "edited here too"})).await.ok();
    cid.delete(&format!("messages/{}/", id(3))).await.ok();
    ann.put(&format!("threads/{thread}/members/bob/"), json!({"role": "member"})).await.ok();
    ann.delete(&format!("threads/{thread}/members/cid/")).await.ok();
    let dan = ann.post(&format!("threads/{thread}/members/"), json!({"user": "dan"})).await.ok();
    let at_least = dan["position"].as_str().expect("a write has a position");
    ann.get(&format!("threads/{thread}/?at_least={at_least}")).await.ok();

    let projections = Projections::at(cluster.backend.database_url());
    let before_it = checksums(&projections).await;
    let again = import(&lines);
    assert_eq!((&again["messages_already_there"], &again["roles_changed"]), (&json!(5), &json!(0)), "{again}");
    assert_eq!(checksums(&projections).await, before_it, "nothing changes");

    // Eve is erased here. The old system still has her text, and has changed it; cid has left, and goes on writing there.
    projections.execute("select threadline_keys.destroy('eve')").await;
    lines[9] = message(5, "eve", r#""content":"five again","edited_at":"2025-01-03T00:00:00Z""#);
    lines[8] = message(4, "cid", r#""content":"four again","edited_at":"2025-01-03T00:00:00Z""#);
    lines.push(message(6, "cid", r#""content":"six""#));
    let later = import(&lines);
    assert_eq!((&later["messages_created"], &later["messages_left_alone"]), (&json!(1), &json!(2)), "{later}");
    assert_eq!(
        (&later["members_added"], &later["members_removed"]),
        (&json!(1), &json!(1)),
        "he comes in to write: {later}"
    );
    let contents: Vec<Value> = messages_of(&ann, &thread, 6).await.iter().map(|one| one["content"].clone()).collect();
    let expected = ["edited here", "edited here too", "", "four", "", "six"];
    assert_eq!(contents, expected.map(Value::from));
    let members = ann.get(&format!("threads/{thread}/")).await.ok()["members"].clone();
    let roles: Vec<(Value, Value)> = members
        .as_array()
        .into_iter()
        .flatten()
        .map(|member| (member["user"].clone(), member["role"].clone()))
        .collect();
    let expected = [("ann", "owner"), ("bob", "member"), ("dan", "member"), ("eve", "member")];
    assert_eq!(roles, expected.map(|(user, role)| (user.into(), role.into())));
}
