//! What a process measures of its log.

threadline_metrics::table! {
    /// How long a transaction with appends took, in Postgres.
    histogram append_seconds = "threadline_eventlog_append_seconds", Seconds, by class;
    /// Records that one transaction appended, in Postgres.
    histogram append_batch_records = "threadline_eventlog_append_batch_records", Count, by class;
    /// Kafka producers that were replaced because records were not confirmed in time.
    counter append_restarts = "threadline_eventlog_append_restarts_total", Count, by class;
    /// Kafka consumers that were made anew because records did not come.
    counter tail_restarts = "threadline_eventlog_tail_restarts_total", Count;
}
