//! Unread counts against counting by hand.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use threadline_domain::{ReadMark, ThreadId, UserId};
use threadline_projections::{Conversations, Progress};
use threadline_tests::projections::Projections;

use super::{Script, at, fresh, user};

const PEOPLE: [&str; 4] = ["ann", "bob", "cid", "dan"];

/// Something that people do; what is not possible at the time is left out.
#[derive(Clone, Debug)]
enum Step {
    Post { person: usize },
    Edit { message: usize },
    Delete { message: usize },
    Add { person: usize },
    Remove { person: usize },
    Read { person: usize, number: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let person = 0..PEOPLE.len();
    prop_oneof![
        5 => person.clone().prop_map(|person| Step::Post { person }),
        1 => (0..30_usize).prop_map(|message| Step::Edit { message }),
        2 => (0..30_usize).prop_map(|message| Step::Delete { message }),
        1 => person.clone().prop_map(|person| Step::Add { person }),
        1 => person.clone().prop_map(|person| Step::Remove { person }),
        3 => (person, 0..40_u64).prop_map(|(person, number)| Step::Read { person, number }),
    ]
}

/// What a careful person with a pencil knows of the thread.
#[derive(Default)]
struct Notes {
    deleted: Vec<bool>,
    members: [bool; PEOPLE.len()],
    marks: [u64; PEOPLE.len()],
    /// The last number when each of them came in.
    joined: [u64; PEOPLE.len()],
}

impl Notes {
    fn unread(&self, person: usize) -> Option<u64> {
        let unread = (self.deleted.iter().enumerate())
            .filter(|(index, deleted)| !**deleted && *index as u64 + 1 > self.marks[person].max(self.joined[person]))
            .count();
        self.members[person].then_some(unread as u64)
    }
}

/// Lets the steps happen in a thread of its own; marks go to `marks`.
fn play(steps: &[Step], script: &mut Script, id: u128, marks: &mut Vec<ReadMark>) -> (ThreadId, Notes) {
    let thread = script.group(id, &PEOPLE[..2]);
    let mut notes = Notes { members: [true, true, false, false], ..Notes::default() };
    for step in steps {
        match *step {
            Step::Post { person } if notes.members[person] => {
                script.post(thread, PEOPLE[person], "hello");
                notes.deleted.push(false);
                notes.marks[person] = notes.marks[person].max(notes.deleted.len() as u64);
            }
            Step::Edit { message } if notes.deleted.get(message) == Some(&false) => {
                script.edit(thread, "ann", message as u64 + 1, "hallo");
            }
            Step::Delete { message } if notes.deleted.get(message) == Some(&false) => {
                script.delete(thread, "ann", message as u64 + 1);
                notes.deleted[message] = true;
            }
            Step::Add { person } if !notes.members[person] => {
                script.add(thread, "ann", PEOPLE[person]);
                notes.members[person] = true;
                notes.joined[person] = notes.deleted.len() as u64;
            }
            Step::Remove { person } if person > 0 && notes.members[person] => {
                script.remove(thread, "ann", PEOPLE[person]);
                notes.members[person] = false;
            }
            Step::Read { person, number } => {
                marks.push(ReadMark { thread, user: user(PEOPLE[person]), number, at: at(marks.len() as i64) });
                notes.marks[person] = notes.marks[person].max(number);
            }
            _ => {}
        }
    }
    (thread, notes)
}

#[test]
fn unread_is_what_counting_by_hand_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let here = runtime.block_on(fresh());
    // All cases share the partitions and have threads of their own.
    let (mut script, mut marks, mut marked, mut id) = (Script::new(0), vec![], 0, 0);
    let steps = prop::collection::vec(step(), 1..80);
    // How many events, then how many marks, are applied at a time.
    let cuts = prop::collection::vec((0..20_usize, 0..10_usize), 1..10);
    let state = std::cell::RefCell::new((&mut script, &mut marks, &mut marked, &mut id));
    TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() })
        .run(&(steps, cuts), |(steps, cuts)| {
            let mut state = state.borrow_mut();
            let (script, marks, marked, id) = &mut *state;
            **id += 1;
            let (thread, notes) = play(&steps, script, **id, marks);
            runtime.block_on(async {
                for (events, reads) in cuts.into_iter().chain([(usize::MAX, usize::MAX)]) {
                    script.apply_some(&here.all, events).await;
                    apply_marks(&here.all, marks, marked, reads).await;
                }
                for (index, name) in PEOPLE.iter().enumerate() {
                    compare(&here.views, &user(name), thread, notes.unread(index)).await?;
                }
                Ok(())
            })
        })
        .unwrap();
}

async fn apply_marks(all: &Projections, marks: &[ReadMark], marked: &mut usize, count: usize) {
    let to = marks.len().min(marked.saturating_add(count));
    let progress = |next: usize| Progress { next: next as u64, cause: None };
    all.project_marks(0, progress(*marked), progress(to), &marks[*marked..to]).await.unwrap();
    *marked = to;
}

async fn compare(
    views: &Conversations,
    user: &UserId,
    thread: ThreadId,
    expected: Option<u64>,
) -> Result<(), TestCaseError> {
    let counts = views.unread(user).await.unwrap();
    prop_assert_eq!(counts.get(&thread).copied(), expected.filter(|unread| *unread > 0), "{}", user);
    let view = views.thread(user, thread).await.unwrap();
    prop_assert_eq!(view.map(|view| view.unread), expected, "{}", user);
    let listed = views.threads(user, None, 1_000).await.unwrap();
    let listed = listed.iter().find(|view| view.id == thread).map(|view| view.unread);
    prop_assert_eq!(listed, expected, "{}", user);
    Ok(())
}

#[tokio::test]
async fn a_mark_may_come_before_its_thread_and_beyond_its_end() {
    let here = fresh().await;
    let mut script = Script::new(0);
    let thread = script.group(1, &["ann", "bob"]);
    let mark = [ReadMark { thread, user: user("bob"), number: 3, at: at(7) }];
    let end = Progress { next: 1, cause: None };
    here.project_marks(0, Progress::default(), end, &mark).await.unwrap();
    script.post(thread, "ann", "one");
    script.apply(&here.all).await;
    assert_eq!(here.views.unread(&user("bob")).await.unwrap(), [].into());
    let receipts = here.views.receipts(&user("ann"), thread).await.unwrap().unwrap();
    let receipts: Vec<_> = receipts.into_iter().map(|receipt| (receipt.user, receipt.number, receipt.at)).collect();
    // Ann's mark came with her message; bob's is shown no further than the thread goes.
    assert_eq!(receipts, [(user("ann"), 1, Some(at(1_000))), (user("bob"), 1, Some(at(7)))]);
    for _ in 0..3 {
        script.post(thread, "ann", "more");
    }
    script.apply(&here.all).await;
    assert_eq!(here.views.unread(&user("bob")).await.unwrap(), [(thread, 1)].into());
}
