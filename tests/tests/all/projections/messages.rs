//! Pages of messages, single messages, tombstones.

use threadline_domain::ThreadId;
use threadline_projections::{MessageView, Window};
use uuid::Uuid;

use super::{Fresh, Script, at, fresh, message_id, user};

async fn chat(messages: u64) -> (Fresh, Script, ThreadId) {
    let here = fresh().await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann", "bob"]);
    for number in 1..=messages {
        script.post(thread, "ann", &format!("message {number}"));
    }
    script.apply(&here.all).await;
    (here, script, thread)
}

fn numbers(page: Option<Vec<MessageView>>) -> Vec<u64> {
    page.unwrap().iter().map(|message| message.number).collect()
}

#[tokio::test]
async fn windows_are_newest_first() {
    let (here, _, thread) = chat(20).await;
    let bob = user("bob");
    for (window, limit, expected) in [
        (Window::Newest, 3, vec![20, 19, 18]),
        (Window::Newest, 100, (1..=20).rev().collect()),
        (Window::Before(5), 3, vec![4, 3, 2]),
        (Window::Before(1), 3, vec![]),
        (Window::Before(0), 3, vec![]),
        (Window::Before(u64::MAX), 1, vec![20]),
        (Window::After(17), 5, vec![20, 19, 18]),
        (Window::After(5), 2, vec![7, 6]),
        (Window::After(20), 2, vec![]),
        (Window::After(u64::MAX), 2, vec![]),
        (Window::Around(10), 5, vec![12, 11, 10, 9, 8]),
        (Window::Around(10), 4, vec![12, 11, 10, 9]),
        (Window::Around(20), 4, vec![20, 19]),
        (Window::Newest, 0, vec![]),
    ] {
        assert_eq!(numbers(here.views.messages(&bob, thread, window, limit).await.unwrap()), expected, "{window:?}");
    }
}

#[tokio::test]
async fn strangers_and_those_removed_see_nothing() {
    let (here, mut script, thread) = chat(2).await;
    let nowhere = ThreadId(Uuid::from_u128(99));
    script.remove(thread, "ann", "bob");
    script.apply(&here.all).await;
    for (name, thread) in [("bob", thread), ("cid", thread), ("ann", nowhere)] {
        let who = user(name);
        assert_eq!(here.views.messages(&who, thread, Window::Newest, 9).await.unwrap(), None, "{name}");
        assert_eq!(here.views.timeline(&who, thread, 0, 9).await.unwrap(), None, "{name}");
        assert_eq!(here.views.receipts(&who, thread).await.unwrap(), None, "{name}");
        assert_eq!(here.views.thread(&who, thread).await.unwrap(), None, "{name}");
        assert_eq!(here.views.read_state(&who, thread).await.unwrap(), None, "{name}");
    }
    for name in ["bob", "cid"] {
        assert_eq!(here.views.messages_of_id(&user(name), message_id(1), None).await.unwrap(), [], "{name}");
        assert_eq!(here.views.threads(&user(name), None, 9).await.unwrap(), [], "{name}");
        assert_eq!(here.views.unread(&user(name)).await.unwrap(), [].into(), "{name}");
    }
    assert_eq!(here.views.messages_of_id(&user("ann"), message_id(1), None).await.unwrap().len(), 1);
    // Who comes back sees it all again.
    script.add(thread, "ann", "bob");
    script.apply(&here.all).await;
    assert_eq!(numbers(here.views.messages(&user("bob"), thread, Window::Newest, 9).await.unwrap()), [2, 1]);
}

#[tokio::test]
async fn edits_and_deletions_show() {
    let (here, mut script, thread) = chat(3).await;
    let ann = user("ann");
    script.edit(thread, "ann", 2, "edited");
    script.edit(thread, "ann", 2, "edited again");
    script.delete(thread, "ann", 3);
    script.apply(&here.all).await;
    let edited = here.views.messages_of_id(&ann, message_id(2), None).await.unwrap().remove(0);
    assert_eq!((edited.content.as_open(), edited.metadata.as_json()), (Some("edited again"), Some(r#"{"a":1}"#)));
    assert_eq!((edited.seq, edited.number, edited.reply_to), (3, 2, Some(message_id(1))));
    assert_eq!((edited.sent_at, edited.edited_at, edited.deleted_at), (at(2_000), Some(at(5_000)), None));
    let deleted = here.views.messages_of_id(&ann, message_id(3), None).await.unwrap().remove(0);
    assert_eq!((deleted.content.as_open(), deleted.metadata.as_json()), (Some(""), Some("{}")));
    assert_eq!((deleted.sender, deleted.edited_at, deleted.deleted_at), (ann.clone().into(), None, Some(at(6_000))));
    assert_eq!(
        here.views.thread(&ann, thread).await.unwrap().unwrap().last_message.unwrap().deleted_at,
        Some(at(6_000))
    );
}
