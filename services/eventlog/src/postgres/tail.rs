//! A tail: reads from the ring where it can, from the tables where it must.

use std::sync::Arc;

use sqlx::PgPool;

use super::connect::{Backoff, bounded};
use super::feed::{FeedReader, Found, Gap};
use super::rows;
use crate::tail::TailSender;
use crate::{Error, Offset, Partition, Record, TailBatch, Topic};

/// Sends the records of the partitions from the given offsets on, taking turns, until the tail is dropped.
pub(super) async fn follow(
    pool: PgPool,
    topic: Topic,
    mut feed: FeedReader,
    mut next: Vec<(Partition, Offset)>,
    batches: TailSender,
) {
    let mut backoff = Backoff::new();
    loop {
        feed.mark_seen();
        let mut idle = true;
        for (partition, at) in &mut next {
            let (records, next) = match feed.find(*partition, *at) {
                Found::Nothing => continue,
                Found::Records(records, next) => (records, next),
                Found::Older(first) => {
                    match page(&pool, topic, Gap { partition: *partition, from: *at, to: first }).await {
                        Ok(records) => {
                            backoff.reset();
                            let next = records.last().map_or(first, |record| record.offset + 1);
                            (records, next)
                        }
                        Err(error) => {
                            tracing::debug!(
                                %error,
                                topic = topic.name(),
                                "failed to read {}: {error}; retrying",
                                topic.name()
                            );
                            idle = false;
                            backoff.wait().await;
                            break;
                        }
                    }
                }
            };
            idle = false;
            *at = next;
            if !records.is_empty() && batches.send(TailBatch { partition: *partition, records }).await.is_err() {
                return;
            }
        }
        if idle {
            tokio::select! {
                () = feed.changed() => {}
                () = batches.closed() => return,
            }
        }
    }
}

async fn page(pool: &PgPool, topic: Topic, gap: Gap) -> Result<Arc<[Record]>, Error> {
    let pages = bounded(async {
        let mut connection = pool.acquire().await?;
        rows::read(&mut connection, topic, &[gap]).await
    })
    .await?;
    Ok(pages.into_iter().flat_map(|(_, records)| records).collect())
}
