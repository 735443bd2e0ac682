//! The readings of the files: the first one plans, the second one finds what replies and read marks name, the last one hands
//! the messages on. Each is streamed; what a reading needs of the one before is in the plan.

use threadline_domain::thread::MessageKind;
use threadline_domain::{Actor, MessageId, Timestamp};
use tokio::sync::mpsc;

use super::history::{Entry, History, Source};
use super::ids::MessageIds;
use super::lines::Fault;
use super::overlaps::Overlaps;
use super::plan::{Plan, PlannedRead};
use super::planner::Planner;
use super::records::{Body, MessageRecord, Record, ThreadIndex};
use super::refused_lines::RefusedLines;
use crate::error::Error;

/// Between two reports of how far we are, lines.
const REPORT_EVERY_LINES: u64 = 1_000;
/// Messages that are handed on together.
const MESSAGES_AT_ONCE_MAX: usize = 512;

/// A message on its way, with the ids that it has here.
#[derive(Clone, Debug)]
pub(super) struct IncomingMessage {
    pub(super) thread: ThreadIndex,
    pub(super) id: MessageId,
    pub(super) sender: Actor,
    pub(super) sent_at: Timestamp,
    pub(super) kind: MessageKind,
    pub(super) reply_to: Option<MessageId>,
    pub(super) body: Body,
}

/// Reads everything once. Fails at the first line that cannot be taken if `refused` does.
pub(super) fn plan(source: &Source, refused: &mut RefusedLines, report: impl Fn(u64)) -> Result<Plan, Error> {
    plan_of(source.read(), source, refused, report)
}

fn plan_of(
    mut history: History,
    source: &Source,
    refused: &mut RefusedLines,
    report: impl Fn(u64),
) -> Result<Plan, Error> {
    let mut planner = Planner::new();
    let mut lines = 0;
    while let Some(Entry { file_line, record }) = history.next()? {
        lines += 1;
        if u64::is_multiple_of(lines, REPORT_EVERY_LINES) {
            report(lines);
        }
        if let Err(fault) = record.and_then(|record| planner.add(record, file_line)) {
            refused.refuse(file_line, &fault)?;
        }
    }
    planner.finish(&source.name, refused)
}

/// Reads the messages once more, if something about them can be told only now: which ones replies and read marks name, and
/// whether files that overlap hold the same messages. Replies to messages that are not there are left out, and so are read
/// marks.
pub(super) fn check(source: &Source, plan: &mut Plan, refused: &mut RefusedLines) -> Result<(), Error> {
    if plan.threads.iter().all(|thread| thread.references.is_empty() && thread.overlaps_from.is_none()) {
        return Ok(());
    }
    check_of(source.read(), source, plan, refused)
}

fn check_of(mut history: History, source: &Source, plan: &mut Plan, refused: &mut RefusedLines) -> Result<(), Error> {
    let (mut ids, mut overlaps) = (MessageIds::new(&source.name), Overlaps::default());
    while let Some(Entry { file_line, record }) = history.next()? {
        let Ok(Record::Message(message)) = record else { continue };
        let Some(index) = plan.index(&message.thread).filter(|_| !refused.has(file_line)) else { continue };
        let thread = &mut plan.threads[index.0];
        if thread.is_left_out {
            continue;
        }
        let id = ids.of(&message, file_line.file, index, thread.id, thread.mark);
        let fits = overlaps.observe(index, thread.overlaps_from, message.sent_at, id);
        if let Err(fault) = fits.and_then(|()| thread.references.observe(&message, id)) {
            thread.messages -= 1;
            plan.messages -= 1;
            refused.refuse(file_line, &fault)?;
        }
    }
    let mut reads = Vec::with_capacity(plan.reads.len());
    for read in std::mem::take(&mut plan.reads) {
        let PlannedRead { thread, record, file_line } = &read;
        if plan.thread(*thread).references.target(&record.message).is_some() {
            reads.push(read);
            continue;
        }
        let (name, message) = (&record.thread, &record.message);
        let reason = format!("no message of the thread {name} has the id {message}: give the file with it as well");
        refused.refuse(*file_line, &Fault::of("message", reason))?;
    }
    plan.reads = reads;
    Ok(())
}

/// Reads the messages and sends them on in the files' order; ends early when nobody takes them any more.
pub(super) fn stream_messages(
    source: &Source,
    plan: &Plan,
    refused: &RefusedLines,
    messages: &mpsc::Sender<Vec<IncomingMessage>>,
) -> Result<(), Error> {
    let (mut history, mut ids) = (source.read(), MessageIds::new(&source.name));
    let mut together = Vec::with_capacity(MESSAGES_AT_ONCE_MAX);
    while let Some(Entry { file_line, record }) = history.next()? {
        // A file that changed since the first reading is read as it is now.
        let Ok(Record::Message(message)) = record else { continue };
        let Some(index) = plan.index(&message.thread).filter(|_| !refused.has(file_line)) else { continue };
        let thread = plan.thread(index);
        if thread.is_left_out {
            continue;
        }
        let id = ids.of(&message, file_line.file, index, thread.id, thread.mark);
        let MessageRecord { sender, sent_at, kind, reply_to, body, .. } = message;
        let reply_to = reply_to.and_then(|reply_to| thread.references.target(&reply_to)).map(|target| target.id);
        together.push(IncomingMessage { thread: index, id, sender, sent_at, kind, reply_to, body });
        if together.len() == MESSAGES_AT_ONCE_MAX {
            let full = std::mem::replace(&mut together, Vec::with_capacity(MESSAGES_AT_ONCE_MAX));
            if messages.blocking_send(full).is_err() {
                return Ok(());
            }
        }
    }
    if !together.is_empty() {
        let _ = messages.blocking_send(together);
    }
    Ok(())
}

/// Contents of the first messages, at most `count_max`; lines that cannot be taken are passed over.
pub(super) fn texts(source: &Source, count_max: usize) -> Result<Vec<String>, Error> {
    let mut history = source.read();
    let mut texts = Vec::new();
    while texts.len() < count_max
        && let Some(Entry { record, .. }) = history.next()?
    {
        if let Ok(Record::Message(MessageRecord { body: Body::Typed { content, .. }, .. })) = record {
            texts.push(content.to_string());
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use threadline_domain::thread::{Kind, Role};
    use threadline_domain::{ThreadId, UserId};

    use super::super::parse::Parser;
    use super::super::refused_lines::Strictness;
    use super::*;

    fn source() -> Source {
        let parser = Parser { prefix: String::new(), now: Timestamp(1_800_000_000_000) };
        Source { files: [PathBuf::from("test.jsonl")].into(), parser, name: "old".into() }
    }

    /// What is planned of these lines, and how many of them are left out; or the first complaint.
    fn read(lines: &[&str], strictness: Strictness) -> Result<(Plan, u64), String> {
        let (text, source) = (lines.join("\n"), source());
        let history = || History::of_text(&text, source.parser.clone());
        let mut refused = RefusedLines::new(&source.files, strictness);
        let mut plan = plan_of(history(), &source, &mut refused, |_| {}).map_err(|error| error.to_string())?;
        check_of(history(), &source, &mut plan, &mut refused).map_err(|error| error.to_string())?;
        Ok((plan, refused.count()))
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).expect("a user")
    }

    const GROUP: &str = r#"{"type":"thread","id":1,"kind":"group","key":"k"}"#;
    const DM: &str = r#"{"type":"thread","id":2,"kind":"dm"}"#;
    const ANN: &str = r#"{"type":"member","thread":2,"user":"ann"}"#;
    const FIRST: &str =
        r#"{"type":"message","id":10,"thread":1,"sender":"ann","sent_at":"2026-01-01T00:00:00Z","content":"a"}"#;
    const REPLY: &str = r#"{"type":"message","id":11,"thread":1,"sender":"bob","sent_at":"2026-01-02T00:00:00Z","content":"b","reply_to":10}"#;
    const TO_ANN: &str =
        r#"{"type":"message","id":12,"thread":2,"sender":"bob","sent_at":"2026-01-02T00:00:00Z","content":"b"}"#;
    const READ: &str = r#"{"type":"read","thread":1,"user":"ann","message":11}"#;
    const KEYED: &str =
        r#"{"thread_key":"k","sender":"cid","sent_at":"2026-01-03T00:00:00Z","kind":"text","content":"c"}"#;

    #[test]
    fn records_make_threads_people_and_references() {
        // Nothing but the threads must come first: read marks and members may stand anywhere behind them.
        let lines = [GROUP, DM, READ, FIRST, REPLY, TO_ANN, ANN, KEYED];
        let (plan, left_out) = read(&lines, Strictness::Stop).expect("good lines");
        assert_eq!((plan.threads.len(), plan.messages, left_out), (2, 4, 0));
        let [group, dm] = &plan.threads[..] else { panic!() };
        assert_eq!((group.id, group.messages), (ThreadId::of_key("k"), 3), "a key names one thread");
        assert_eq!((dm.id, dm.kind()), (ThreadId::of_dm(&user("ann"), &user("bob")), Kind::Dm));
        let roles: Vec<_> = group.people.spans(Kind::Group, None, false).into_iter().map(|span| span.role).collect();
        assert_eq!(roles, [Role::Owner, Role::Member, Role::Member]);
        assert!(group.references.target(&plan.reads[0].record.message).is_some());
    }

    #[test]
    fn lines_that_do_not_fit_to_others_are_refused() {
        let again = REPLY.replace("11", "13").replace("reply_to\":10", "reply_to\":13");
        let early = FIRST.replace("2026", "2025");
        let other_key = GROUP.replace("\"k\"", "\"l\"");
        let other_id = GROUP.replace("\"id\":1", "\"id\":3");
        let (stranger, unknown) = (READ.replace("ann", "eve"), READ.replace("11", "99"));
        let third = TO_ANN.replace("bob", "cid");
        let other_dm = DM.replace('2', "3");
        let (ann3, bob3) = (ANN.replace('2', "3"), ANN.replace('2', "3").replace("ann", "bob"));
        for (lines, said) in [
            (vec![FIRST], "line 1, thread: no record of type thread with the id 1 stands before this line"),
            (vec![GROUP, REPLY], "line 2, reply_to: no message of the thread 1 before this line has the id 10"),
            (vec![GROUP, &again], "line 2, reply_to: no message of the thread 1 before this line has the id 13"),
            (vec![GROUP, FIRST, &early], "line 3, sent_at: is before the thread's last message in this file: sort"),
            (vec![GROUP, FIRST, &unknown], "line 3, message: no message of the thread 1 has the id 99"),
            (vec![GROUP, FIRST, REPLY, &stranger], "line 4, user: eve is not in the thread 1: give a record"),
            (vec![GROUP, &other_key], "line 2, key: must be the same in every record of this thread"),
            (vec![GROUP, &other_id], "line 2, key: must belong to one thread: the thread 1 has it already"),
            (vec![DM, ANN, TO_ANN, &third], "line 1, kind: a dm is of two people, or of one for notes, and this has 3"),
            (vec![DM], "line 1, kind: a dm is of two people, or of one for notes, and this has 0"),
            (vec![DM, ANN, TO_ANN, &other_dm, &ann3, &bob3], "line 4, id: is a dm of the same people as the thread 2"),
        ] {
            let complaint = read(&lines, Strictness::Stop).expect_err(said);
            assert!(complaint.starts_with(&format!("test.jsonl, {said}")), "{complaint}");
            assert!(complaint.ends_with("; nothing was imported"), "{complaint}");
        }
    }

    #[test]
    fn lines_that_rest_on_one_that_is_left_out_are_left_out_too() {
        let bad = FIRST.replace("\"a\"", "\" \"");
        let second = REPLY.replace("11", "13").replace("reply_to\":10", "reply_to\":11");
        let (plan, left_out) = read(&[GROUP, &bad, REPLY, &second, READ, KEYED], Strictness::Skip).expect("skips");
        assert_eq!((plan.messages, left_out, plan.reads.len()), (1, 4, 0));
        let third = TO_ANN.replace("bob", "cid");
        let (plan, left_out) = read(&[GROUP, FIRST, DM, ANN, TO_ANN, &third], Strictness::Skip).expect("skips");
        assert_eq!((plan.messages, left_out, plan.taken().count()), (1, 3, 1));
    }
}
