//! Classes of topics are appended apart.

use std::time::Duration;

use futures_util::FutureExt;
use threadline_eventlog::{Error, EventLog, Topic};
use tokio::time::timeout;

use super::{LogUnderTest, PATIENCE, append_all, numbered};

/// No log's queue takes more records than this.
const QUEUED_MAX: usize = 200_000;
/// Longer than an append takes on a busy machine, shorter than any log waits before it gives up.
const PROMPT: Duration = Duration::from_millis(1_500);
/// Topics of every class but that of the facts.
const OTHERS: [Topic; 5] =
    [Topic::Messages, Topic::MessagesCommands, Topic::Rejections, Topic::Disputes, Topic::Signals];

/// Read marks cannot be appended and fill their queue; the log gives up on them, again and again. Nothing else waits or fails.
pub(super) async fn facts_that_are_stuck_hold_up_nothing_else<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    for topic in OTHERS.into_iter().chain([Topic::Reads]) {
        append_all(&*process, topic, 0, 0..1).await;
    }
    log.take_away(Topic::Reads).await;
    let mut first = process.append_to(Topic::Reads, 0, numbered("k", 0));
    let is_full = (1..QUEUED_MAX).any(|number| {
        let mark = process.append_to(Topic::Reads, 0, numbered("k", number)).now_or_never();
        matches!(mark, Some(Err(Error::Full)))
    });
    assert!(is_full, "{QUEUED_MAX} read marks were taken");
    for round in 0..2 {
        let mut number = 0;
        let outcome = loop {
            for topic in OTHERS {
                let appended = timeout(PROMPT, process.append_to(topic, 0, numbered("k", number))).await;
                let appended = appended.unwrap_or_else(|_| panic!("{topic} waits for read marks"));
                appended.unwrap_or_else(|error| panic!("{topic} fails with read marks: {error}"));
            }
            number += 1;
            if let Ok(outcome) = timeout(Duration::from_millis(1), &mut first).await {
                break outcome;
            }
        };
        assert!(matches!(outcome, Err(Error::Unavailable(_))), "round {round}: {outcome:?}");
        assert!(number > 1, "round {round}: others were appended meanwhile");
        let again = async {
            loop {
                // What came after the first one has failed with it, and with that the queue has room.
                first = process.append_to(Topic::Reads, 0, numbered("k", 0));
                if (&mut first).now_or_never().is_none() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, again).await.expect("read marks are taken again");
    }
}
