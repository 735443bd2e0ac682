//! Read marks and names: facts that need no decision, appended as edges append them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use threadline_domain::{Offset, Partition, Position, ReadMark, ThreadId, Timestamp, Topic, UserId, UserProfile};
use threadline_eventlog::{Appending, facts};

use super::command_builder::{Numbers, Target};
use super::plan::Plan;
use super::present::PROJECTIONS_WITHIN;
use crate::error::Error;
use crate::storage::Storage;

/// Facts that are looked up, sealed and appended together.
const FACTS_AT_ONCE_MAX: usize = 1_000;

/// How far somebody has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Read {
    pub(super) number: u64,
    pub(super) at: Timestamp,
}

/// Returns how far everybody has read every thread: the greatest number counts. A message whose number is not known was refused.
pub(super) fn reads(plan: &Plan, numbers: &Numbers) -> BTreeMap<(ThreadId, UserId), Read> {
    let mut reads: BTreeMap<(ThreadId, UserId), Read> = BTreeMap::new();
    for planned in &plan.reads {
        let thread = plan.thread(planned.thread);
        let Some(target) = thread.references.target(&planned.record.message) else { continue };
        let Some(&number) = numbers.get(&(thread.id, target.id)) else { continue };
        let read = Read { number, at: planned.record.at.unwrap_or(target.sent_at) };
        let greatest = reads.entry((thread.id, planned.record.user.clone())).or_insert(read);
        *greatest = read.max(*greatest);
    }
    reads
}

/// Appends the marks that are above those known, and returns how many. The messages must be in the projections.
pub(super) async fn mark_reads(target: &Target, reads: BTreeMap<(ThreadId, UserId), Read>) -> Result<u64, Error> {
    let reads: Vec<_> = reads.into_iter().collect();
    let (mut count, mut last) = (0, HashMap::new());
    for reads in reads.chunks(FACTS_AT_ONCE_MAX) {
        let keys: Vec<_> = reads.iter().map(|(key, _)| key.clone()).collect();
        let known = target.storage.conversations.read_numbers(&keys).await?;
        let new = reads.iter().filter(|(key, read)| known.get(key).is_none_or(|known| read.number > *known));
        let marks = new.map(|((thread, user), read)| ReadMark {
            thread: *thread,
            user: user.clone(),
            number: read.number,
            at: read.at,
        });
        let appends = marks.map(|mark| facts::append_read_mark(&*target.storage.log, &mark)).collect();
        count += await_appends(appends, &mut last).await?;
    }
    wait_for(target, Topic::Reads, last).await?;
    Ok(count)
}

/// Counts the users who have no name here; without a system that is there, nobody has.
pub(super) async fn count_unnamed(storage: Option<&Storage>, names: &BTreeMap<UserId, Arc<str>>) -> Result<u64, Error> {
    let Some(storage) = storage else { return Ok(names.len() as u64) };
    let users: Vec<UserId> = names.keys().cloned().collect();
    let mut count = 0;
    for users in users.chunks(FACTS_AT_ONCE_MAX) {
        count += users.len() - storage.conversations.named_users(users).await?.len();
    }
    Ok(count as u64)
}

/// Appends the names of users who have none here, and returns how many: a name that came with a token is newer.
pub(super) async fn name_users(
    target: &Target,
    names: &BTreeMap<UserId, Arc<str>>,
    now: Timestamp,
) -> Result<u64, Error> {
    let users: Vec<UserId> = names.keys().cloned().collect();
    let (mut count, mut last) = (0, HashMap::new());
    for users in users.chunks(FACTS_AT_ONCE_MAX) {
        let named = target.storage.conversations.named_users(users).await?;
        let new = users.iter().filter(|user| !named.contains(*user));
        let profile = |user: &UserId| {
            let name = Some(Arc::clone(&names[user]).into());
            UserProfile { user: user.clone(), name, at: now }
        };
        let mut profiles: Vec<_> = new.map(profile).collect();
        target.keyring.seal(&mut profiles).await?;
        let appends = profiles.iter().map(|profile| facts::append_user(&*target.storage.log, profile)).collect();
        count += await_appends(appends, &mut last).await?;
    }
    wait_for(target, Topic::Users, last).await?;
    Ok(count)
}

/// Waits for appends; returns how many there were.
async fn await_appends(
    mut appends: FuturesUnordered<Appending>,
    last: &mut HashMap<Partition, Offset>,
) -> Result<u64, Error> {
    let mut count = 0;
    while let Some(appended) = appends.next().await {
        let position =
            appended.map_err(|error| Error::Tool(format!("{error}; run it again, it goes on where it stopped")))?;
        let last = last.entry(position.partition).or_insert(position.offset);
        *last = position.offset.max(*last);
        count += 1;
    }
    Ok(count)
}

/// Waits until these can be read.
async fn wait_for(target: &Target, topic: Topic, last: HashMap<Partition, Offset>) -> Result<(), Error> {
    for (partition, offset) in last {
        let position = Position { topic, partition, offset };
        target.storage.conversations.wait_for(position, PROJECTIONS_WITHIN).await?;
    }
    Ok(())
}
