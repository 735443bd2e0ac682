//! What a projector measures.

threadline_metrics::table! {
    /// Partitions that this process projects.
    gauge owned_partitions = "threadline_projector_owned_partitions", Count;
    /// Records that a generation of a projection lags behind the log.
    gauge lag_records = "threadline_projector_lag_records", Count, by topic schema;
    /// Records that were applied.
    counter records = "threadline_projector_records_total", Count, by topic;
    /// Transactions that were committed.
    counter batches = "threadline_projector_batches_total", Count;
    /// How long a transaction took, from its first statement to its commit.
    histogram batch_seconds = "threadline_projector_batch_seconds", Seconds;
    /// Second copies of events, which count once.
    counter duplicates = "threadline_projector_duplicates_total", Count;
    /// Transactions given up because another projector was ahead.
    counter fenced = "threadline_projector_fenced_total", Count;
    /// Records that cannot be read and became dead letters.
    counter dead_letters = "threadline_projector_dead_letters_total", Count, by topic;
}
