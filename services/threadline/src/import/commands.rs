//! The second reading: every line becomes a command, in the file's order.

use std::collections::HashSet;

use threadline_domain::thread::{Action, Command, CreateThread, Kind, PostMessage, Role};
use threadline_domain::{Metadata, ThreadId, limits};
use tokio::sync::mpsc;

use super::Options;
use super::history::History;
use super::ids::Ids;
use super::plan::{Plan, PlannedThread};
use crate::error::Error;

/// Sends all commands; ends early when nobody takes them any more.
pub(super) fn send_all(options: &Options, plan: &Plan, commands: &mpsc::Sender<Command>) -> Result<(), Error> {
    let mut history = History::open(&options.file, &options.threads_prefix)?;
    let (mut ids, mut begun) = (Ids::default(), HashSet::new());
    while let Some(line) = history.next()? {
        // The first reading has dealt with bad lines; a file that changed in between is read as it is now.
        let Ok(message) = line else { continue };
        let thread = ThreadId::of_key(&message.thread_key);
        if begun.insert(thread)
            && let Some(planned) = plan.threads.get(&message.thread_key)
        {
            for command in beginning(&message.thread_key, thread, planned) {
                if commands.blocking_send(command).is_err() {
                    return Ok(());
                }
            }
        }
        let post = PostMessage {
            message: ids.of(&message),
            kind: message.kind,
            content: message.content.into(),
            metadata: Metadata::default(),
            reply_to: None,
        };
        let command = Command { thread, actor: message.sender.into(), at: message.sent_at, action: Action::Post(post) };
        if commands.blocking_send(command).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The thread with its members. Everyone is also added by name: a thread that is there already may lack some.
fn beginning<'a>(key: &'a str, thread: ThreadId, planned: &'a PlannedThread) -> impl Iterator<Item = Command> + 'a {
    let (creator, others) = planned.members.split_first().expect("a planned thread has a sender");
    let participants = others[..others.len().min(limits::PARTICIPANTS_MAX - 1)].to_vec();
    let create = CreateThread {
        kind: Kind::Group,
        key: Some(key.into()),
        title: Some(key.into()),
        metadata: Metadata::default(),
        participants,
    };
    let adding = others.iter().map(|user| Action::AddMember { user: user.clone(), role: Role::Member });
    std::iter::once(Action::Create(create)).chain(adding).map(move |action| Command {
        thread,
        actor: creator.clone().into(),
        at: planned.begins,
        action,
    })
}
