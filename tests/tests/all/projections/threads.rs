//! Threads as their members see them.

use threadline_domain::thread::{Change, Role, ThreadChanged};
use threadline_domain::{Metadata, ReadMark, UserProfile};
use threadline_projections::{Progress, ReadState, ThreadsCursor};

use super::{Script, at, fresh, user};

#[tokio::test]
async fn a_thread_shows_its_members_and_their_marks() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann", "bob"]);
    script.post(thread, "ann", "hello");
    script.add(thread, "ann", "cid");
    script.happen(thread, "ann", Change::MemberRoleChanged { user: user("cid"), role: Role::Admin });
    let change = ThreadChanged { title: Some(None), metadata: Some(Metadata::from_canonical_json(r#"{"b":2}"#)) };
    script.happen(thread, "ann", Change::ThreadChanged(change));
    script.happen(thread, "ann", Change::ThreadArchived);
    script.apply(&here.all).await;
    let end = Progress { next: 1, cause: None };
    let profile = [UserProfile { user: user("bob"), name: Some("Bob B.".into()), at: at(0) }];
    here.project_users(0, Progress::default(), end, &profile).await.unwrap();
    let mark = [ReadMark { thread, user: user("bob"), number: 1, at: at(99) }];
    here.project_marks(0, Progress::default(), end, &mark).await.unwrap();

    let view = here.views.thread(&user("cid"), thread).await.unwrap().unwrap();
    assert_eq!((view.title, view.metadata.as_json(), view.key), (None, Some(r#"{"b":2}"#), None));
    assert_eq!(
        (view.last_seq, view.last_number, view.member_count, view.unread),
        (6, 1, 3, 0),
        "the message was there before cid"
    );
    assert_eq!((view.created_at, view.archived_at, view.active_at), (at(0), Some(at(5_000)), at(5_000)));
    assert_eq!(view.last_message.unwrap().content.as_open(), Some("hello"));
    let members: Vec<_> = (view.members.iter())
        .map(|member| {
            (
                member.user.as_str(),
                member.name.as_ref().and_then(threadline_domain::Text::as_open),
                member.role,
                member.joined_number,
                member.read_number,
                member.read_at,
            )
        })
        .collect();
    assert_eq!(
        members,
        [
            ("ann", None, Role::Owner, 0, 1, Some(at(1_000))),
            ("bob", Some("Bob B."), Role::Member, 0, 1, Some(at(99))),
            ("cid", None, Role::Admin, 1, 0, None)
        ]
    );
    let place = |number| Some(ReadState { number, last_number: 1 });
    assert_eq!(here.views.read_state(&user("cid"), thread).await.unwrap(), place(0));
    assert_eq!(here.views.read_state(&user("ann"), thread).await.unwrap(), place(1));
}

#[tokio::test]
async fn threads_come_by_latest_activity_page_by_page() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let crowd: Vec<String> = (10..40).map(|index| format!("user{index}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    let threads: Vec<_> = (1..=25).map(|id| script.group(id, &crowd)).collect();
    script.post(threads[3], "user10", "the latest");
    script.group(99, &["somebody-else"]);
    script.apply(&here.all).await;
    let viewer = user("user20");
    let (mut seen, mut after) = (vec![], None);
    loop {
        let page = here.views.threads(&viewer, after, 10).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(ThreadsCursor { active_at: last.active_at, thread: last.id });
        assert!(page.iter().all(|view| view.member_count == 30 && view.members.len() == 10));
        seen.extend(page.iter().map(|view| view.id));
    }
    let mut expected: Vec<_> = threads.iter().rev().copied().filter(|id| *id != threads[3]).collect();
    expected.insert(0, threads[3]);
    assert_eq!(seen, expected);
}
