//! What goes away in time.

use threadline_eventlog::{EventLog, Start, Topic};

use super::{LogUnderTest, append_all, numbers_of, offsets_of, tail_of, take};

pub(super) async fn what_expired_is_skipped<L: LogUnderTest>(log: &L) {
    let process = log.open().await;
    append_all(&*process, Topic::Rejections, 0, 0..100).await;
    assert_eq!(process.starts(Topic::Rejections).await.all().expect("the log answers")[&0], 0);
    log.expire(Topic::Rejections).await;
    assert_eq!(process.starts(Topic::Rejections).await.all().expect("the log answers")[&0], 100);
    assert_eq!(process.ends(Topic::Rejections).await.all().expect("the log answers")[&0], 100);
    // A tail from before the start goes on at the first record kept, whoever reads; offsets go on where they were.
    let other = log.open().await;
    let mut tails = [
        tail_of(&*process, Topic::Rejections, 0, Start::At(0)),
        tail_of(&*other, Topic::Rejections, 0, Start::At(0)),
        tail_of(&*other, Topic::Rejections, 0, Start::At(50)),
    ];
    append_all(&*process, Topic::Rejections, 0, 100..120).await;
    for tail in &mut tails {
        // This process's own memory may still have what the log has not.
        let mut records = take(tail, 20).await;
        while records.last().is_some_and(|record| record.offset < 119) {
            records.extend(take(tail, 1).await);
        }
        records.retain(|record| record.offset >= 100);
        assert_eq!(offsets_of(&records), (100..120).collect::<Vec<_>>());
        assert_eq!(numbers_of(&records), (100..120).collect::<Vec<_>>());
    }
    assert_eq!(process.starts(Topic::Messages).await.all().expect("the log answers")[&0], 0);
}
