//! What a decider measures.

threadline_metrics::table! {
    /// Partitions that this process decides.
    gauge owned_partitions = "threadline_decider_owned_partitions", Count;
    /// Bytes of threads' states in memory, estimated.
    gauge state_bytes = "threadline_decider_state_bytes", Bytes, by partition;
    /// Events that commands became.
    counter events = "threadline_decider_events_total", Count;
    /// Commands that were refused, or answered again.
    counter refusals = "threadline_decider_refusals_total", Count;
    /// Answers that could not be appended: their clients wait until their deadline.
    counter answers_lost = "threadline_decider_answers_lost_total", Count;
    /// Commands that cannot be read and became dead letters.
    counter dead_letters = "threadline_decider_dead_letters_total", Count, by topic;
    /// Partitions that had to be taken over again, because something kept their order from being certain.
    counter takeovers_repeated = "threadline_decider_takeovers_repeated_total", Count;
    /// Lookups that read events back from the log, because the stored states lagged.
    counter read_backs = "threadline_decider_read_backs_total", Count;
    /// How often a partition fell back behind the others and was read apart from them.
    counter lanes_apart = "threadline_decider_lanes_apart_total", Count;
}
