//! Compares what everybody sees in the old chat with what they see here, through REST.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use threadline_tests::cluster::Cluster;
use threadline_tests::projections::Projections;
use threadline_tests::rest::Rest;
use threadline_tests::token::token_without_name;

/// Threads of one page.
const THREADS_LIMIT: usize = 100;
/// Messages of one page.
const MESSAGES_LIMIT: u64 = 100;

/// Compares for every user of the old chat: threads and unread counts; and for every thread: what it is, who is in it with which
/// role and name, and all its messages. Returns the last seq of each thread.
pub(super) async fn compare(cluster: &Cluster, old: &Value) -> BTreeMap<String, u64> {
    let mut ids = BTreeMap::new();
    for (user, seen) in object(&old["users"]) {
        let threads = threads_of(&rest(cluster, user)).await;
        let expected: BTreeMap<&str, u64> =
            object(&seen["threads"]).map(|(label, unread)| (label, number(unread))).collect();
        let found: BTreeMap<&str, u64> =
            threads.iter().map(|(label, thread)| (label.as_str(), number(&thread["unread"]))).collect();
        assert_eq!(found, expected, "unread counts of user {user}");
        let counted = rest(cluster, user).get("unread-count/").await.ok();
        assert_eq!(number(&counted["total"]), expected.values().sum::<u64>(), "of user {user}");
        ids.extend(threads.into_iter().map(|(label, thread)| (label, text(&thread["id"]).to_owned())));
    }
    let mut seqs = BTreeMap::new();
    for (label, expected) in object(&old["threads"]) {
        let (member, _) = object(&expected["members"]).next().expect("a thread has members");
        let member = rest(cluster, member);
        let thread = member.get(&format!("threads/{}/", ids[label])).await.ok();
        for field in ["kind", "title", "key", "created_at"] {
            assert_eq!(thread[field], expected[field], "{field} of {label}");
        }
        compare_members(label, &thread, expected, &old["users"]);
        let messages = messages_of(&member, &ids[label], number(&thread["last_number"])).await;
        compare_messages(label, &messages, &expected["messages"]);
        seqs.insert(label.to_owned(), number(&thread["last_seq"]));
    }
    seqs
}

fn compare_members(label: &str, thread: &Value, expected: &Value, users: &Value) {
    let members: Vec<&Value> = thread["members"].as_array().into_iter().flatten().collect();
    assert_eq!(members.len(), object(&expected["members"]).count(), "members of {label}");
    let mut owners = Vec::new();
    for member in members {
        let user = text(&member["user"]);
        assert_eq!(member["name"], users[user]["name"], "the name of {user} in {label}");
        if member["role"] == "owner" {
            owners.push(user);
        } else {
            assert_eq!(member["role"], expected["members"][user], "the role of {user} in {label}");
        }
    }
    if expected["kind"] == "dm" {
        assert!(owners.is_empty(), "{label} is a dm");
    } else {
        assert_eq!(owners.len(), 1, "owners of {label}");
        assert!(expected["created_by"].is_null() || expected["created_by"] == owners[0], "who made {label} owns it");
    }
}

fn compare_messages(label: &str, found: &[Value], expected: &Value) {
    let expected: Vec<&Value> = expected.as_array().into_iter().flatten().collect();
    assert_eq!(found.len(), expected.len(), "messages of {label}");
    let places: BTreeMap<&str, usize> =
        found.iter().enumerate().map(|(place, message)| (text(&message["id"]), place)).collect();
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found["number"], json!(place + 1), "{label}");
        for field in ["sender", "content", "edited_at", "deleted_at"] {
            assert_eq!(found[field], expected[field], "{field} of message {place} of {label}: {found}");
        }
        assert_eq!(found["sent_at"], expected["sent_at"], "message {place} of {label}");
        let reply_to = found["reply_to"].as_str().map_or(Value::Null, |id| json!(places[id]));
        assert_eq!(reply_to, expected["reply_to"], "what message {place} of {label} replies to");
    }
}

/// All threads of a user, by title; dms by their people.
pub(super) async fn threads_of(user: &Rest) -> BTreeMap<String, Value> {
    let mut threads = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = user.get(&format!("threads/?limit={THREADS_LIMIT}{cursor}")).await.ok();
        for thread in page["threads"].as_array().into_iter().flatten() {
            threads.insert(label(thread), thread.clone());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return threads,
        }
    }
}

fn label(thread: &Value) -> String {
    if thread["kind"] == "dm" {
        let mut users: Vec<&str> =
            thread["members"].as_array().into_iter().flatten().map(|member| text(&member["user"])).collect();
        users.sort_unstable();
        return format!("dm {}", users.join(" "));
    }
    text(&thread["title"]).to_owned()
}

/// All messages of a thread, oldest first.
pub(super) async fn messages_of(member: &Rest, thread: &str, last_number: u64) -> Vec<Value> {
    let mut messages = Vec::new();
    while (messages.len() as u64) < last_number {
        let after = messages.len();
        let page = member.get(&format!("threads/{thread}/messages/?after={after}&limit={MESSAGES_LIMIT}")).await.ok();
        let rows = page["messages"].as_array().cloned().unwrap_or_default();
        assert!(!rows.is_empty(), "{thread} has messages after {after}");
        messages.extend(rows.into_iter().rev());
    }
    messages
}

/// A person whose token brings no name along: names are those of the import.
pub(super) fn rest(cluster: &Cluster, user: &str) -> Rest {
    cluster.rest(0, user).with_token(&token_without_name(user))
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// The checksums of everything but the users: whoever signs in is recorded, and nobody waits for it.
pub(super) async fn checksums(projections: &Projections) -> BTreeMap<String, String> {
    let mut checksums = projections.checksums().await;
    for table in ["conversations.users", "conversations.positions"] {
        checksums.remove(table).expect("there is such a table");
    }
    checksums
}
