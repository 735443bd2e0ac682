//! Shares partitions out with a group consumer that fetches nothing; it is used only to agree on who owns what
//! (decision 4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::groups::GroupInfo;
use rdkafka::topic_partition_list::{Offset as KafkaOffset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::config::KafkaConfig;
use super::instance::Claim;
use super::{cluster, context};
use crate::{Offset, OwnershipChange, Partition};

/// Changes of ownership that wait for their reader.
pub(super) const CHANGES_MAX: usize = 16;
/// Commits that wait to be passed on.
pub(super) const COMMITS_MAX: usize = 1_024;
/// The longest wait for an owner to stop working on partitions it gives up.
const GIVE_UP_MS_MAX: u64 = 3_000;
/// The interval of polling the group.
const POLL_MS: u64 = 50;
/// The longest wait for leaving the group.
const LEAVE_MS_MAX: u64 = 1_000;
/// The interval of that wait.
const LEAVE_POLL_MS: u64 = 10;
/// The wait before a retry.
const RETRY_MS: u64 = 500;

/// One process's membership in a group.
pub(super) struct Owning {
    pub(super) config: KafkaConfig,
    /// The topic's full name.
    pub(super) topic: String,
    /// The group's full name.
    pub(super) group: String,
    pub(super) changes: mpsc::Sender<OwnershipChange>,
    pub(super) commits: mpsc::Receiver<(Partition, Offset)>,
    /// Where the wait for an owner's `done` runs.
    pub(super) runtime: Handle,
}

impl Owning {
    /// Takes part until nobody listens to the changes.
    pub(super) fn run(self) {
        let commits = Arc::new(Mutex::new(self.commits));
        let mut claim = Claim::take(&self.config.group_instance, &self.group);
        while !self.changes.is_closed() {
            let member = Member {
                topic: self.topic.clone(),
                changes: self.changes.clone(),
                commits: Arc::clone(&commits),
                runtime: self.runtime.clone(),
                owned: Mutex::default(),
            };
            match take_part(&self.config, &self.group, claim.name.as_deref(), member) {
                Ok(()) => return,
                Err(error) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::FencedInstanceId) => {
                    let name = claim.name.take().unwrap_or_default();
                    tracing::error!(
                        group = self.group,
                        "another process joined the group as {name}; going on without a name"
                    );
                    claim = Claim::none();
                }
                Err(error) => tracing::warn!(
                    %error,
                    topic = self.topic,
                    group = self.group,
                    "failed to follow group {}: {error}; joining it again in {RETRY_MS} ms",
                    self.group
                ),
            }
            std::thread::sleep(Duration::from_millis(RETRY_MS));
        }
    }
}

fn take_part(config: &KafkaConfig, group: &str, name: Option<&str>, member: Member) -> KafkaResult<()> {
    let consumer: BaseConsumer<Member> = config.owner(group, name).create_with_context(member)?;
    let member = consumer.context();
    consumer.subscribe(&[&member.topic])?;
    while !member.changes.is_closed() {
        match consumer.poll(Duration::from_millis(POLL_MS)) {
            // A record fetched before its partition was paused.
            None | Some(Ok(_)) => {}
            // The client goes on by itself, and has logged it.
            Some(Err(KafkaError::MessageConsumption(error))) => tracing::debug!(
                %error,
                topic = member.topic,
                "failed to poll the group of {}: {error}; polling again",
                member.topic
            ),
            Some(Err(error)) => {
                member.lose(None);
                return Err(error);
            }
        }
        member.note_commits(&consumer);
    }
    if let Some(name) = name {
        leave(&consumer, group, name);
    }
    Ok(())
}

/// Leaves the group. Closing a client with a name does not leave it: the group would keep its partitions for it until
/// its session ends.
fn leave(consumer: &BaseConsumer<Member>, group: &str, name: &str) {
    let until = Instant::now() + Duration::from_millis(LEAVE_MS_MAX);
    consumer.unsubscribe();
    while Instant::now() < until && (!consumer.context().owned().is_empty() || is_member(consumer, group, name)) {
        let _ = consumer.poll(Duration::from_millis(LEAVE_POLL_MS));
    }
}

/// Whether the group has a member of this name; the ids that brokers give members begin with their names.
fn is_member(consumer: &BaseConsumer<Member>, group: &str, name: &str) -> bool {
    let groups = consumer.fetch_group_list(Some(group), Duration::from_millis(LEAVE_MS_MAX));
    groups.is_ok_and(|groups| {
        let mut members = groups.groups().iter().flat_map(GroupInfo::members);
        members.any(|member| member.id().strip_prefix(name).is_some_and(|rest| rest.starts_with('-')))
    })
}

/// Receives assignments and revocations, on the thread that polls.
struct Member {
    topic: String,
    changes: mpsc::Sender<OwnershipChange>,
    commits: Arc<Mutex<mpsc::Receiver<(Partition, Offset)>>>,
    runtime: Handle,
    owned: Mutex<BTreeSet<Partition>>,
}

impl Member {
    fn owned(&self) -> MutexGuard<'_, BTreeSet<Partition>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assigned(&self, consumer: &BaseConsumer<Self>, partitions: &[Partition]) -> KafkaResult<()> {
        let mut offsets = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            offsets.add_partition_offset(&self.topic, partition.cast_signed(), KafkaOffset::End)?;
        }
        consumer.incremental_assign(&offsets)?;
        consumer.pause(&offsets)?;
        if partitions.is_empty() {
            return Ok(());
        }
        self.owned().extend(partitions);
        // Without an answer nobody knows where to resume; that costs time, nothing else.
        let committed = consumer.committed_offsets(offsets, cluster::timeout()).unwrap_or_else(|error| {
            tracing::debug!(
                %error,
                topic = self.topic,
                "failed to read the committed offsets of {}: {error}; deciders find their own",
                self.topic
            );
            TopicPartitionList::default()
        });
        let hints = partitions.iter().map(|partition| {
            let hint =
                committed.find_partition(&self.topic, partition.cast_signed()).and_then(|it| match it.offset() {
                    KafkaOffset::Offset(offset) => Some(offset.cast_unsigned()),
                    _ => None,
                });
            (*partition, hint)
        });
        let _ = self.changes.blocking_send(OwnershipChange::Assigned(hints.collect()));
        Ok(())
    }

    /// Asks the owner to stop and waits for it, within bounds; what it has committed by then is committed together with
    /// giving the partitions up.
    fn revoke(&self, consumer: &BaseConsumer<Self>, partitions: Vec<Partition>) {
        let given_up = partitions.clone();
        let (done, stopped) = oneshot::channel();
        let change = OwnershipChange::Revoked { partitions, done };
        if !given_up.is_empty() && self.changes.blocking_send(change).is_ok() {
            let wait = Duration::from_millis(GIVE_UP_MS_MAX);
            if self.runtime.block_on(async { tokio::time::timeout(wait, stopped).await }).is_err() {
                tracing::warn!(
                    topic = self.topic,
                    "failed to stop work on revoked partitions of {} in time; giving them up",
                    self.topic
                );
            }
        }
        self.note_commits(consumer);
        self.owned().retain(|owned| !given_up.contains(owned));
    }

    /// Tells the owner that these partitions, or all of them, are lost.
    fn lose(&self, partitions: Option<Vec<Partition>>) {
        let lost = partitions.unwrap_or_else(|| self.owned().iter().copied().collect());
        self.owned().retain(|owned| !lost.contains(owned));
        if !lost.is_empty() {
            let _ = self.changes.blocking_send(OwnershipChange::Lost(lost));
        }
    }

    /// Passes the waiting commits of our partitions on. The client sends them soon, again when the group refuses them
    /// in the middle of a rebalance, and at the latest before it gives a partition up.
    fn note_commits(&self, consumer: &BaseConsumer<Self>) {
        let mut latest = BTreeMap::new();
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok((partition, offset)) = commits.try_recv() {
            latest.insert(partition, offset.cast_signed());
        }
        drop(commits);
        latest.retain(|partition, _| self.owned().contains(partition));
        if latest.is_empty() {
            return;
        }
        let mut offsets = TopicPartitionList::with_capacity(latest.len());
        let added = latest.into_iter().try_for_each(|(partition, offset)| {
            offsets.add_partition_offset(&self.topic, partition.cast_signed(), KafkaOffset::Offset(offset))
        });
        if let Err(error) = added.and_then(|()| consumer.store_offsets(&offsets)) {
            tracing::debug!(%error, topic = self.topic, "failed to note offsets of {} to commit: {error}", self.topic);
        }
    }
}

impl ClientContext for Member {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        context::log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        context::report(&error, reason);
    }
}

impl ConsumerContext for Member {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions: Vec<Partition> = list.elements().iter().map(|it| it.partition().cast_unsigned()).collect();
        let taken = if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assigned(consumer, &partitions)
        } else {
            if consumer.assignment_lost() {
                self.lose(Some(partitions));
            } else {
                self.revoke(consumer, partitions);
            }
            consumer.incremental_unassign(list)
        };
        if let Err(error) = taken {
            tracing::warn!(%error, topic = self.topic, "failed to follow the assignment of {}: {error}", self.topic);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, topic = self.topic, "failed to commit offsets of {}: {error}", self.topic);
        }
    }
}
