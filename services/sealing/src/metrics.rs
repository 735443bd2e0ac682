//! What a process measures of its keys.

threadline_metrics::table! {
    /// Statements that fetched keys, because they were not in memory.
    counter key_fetches = "threadline_sealing_key_fetches_total", Count;
    /// Texts that do not open though their key is there: someone has changed them, or put them elsewhere.
    counter unopenable = "threadline_sealing_unopenable_total", Count;
}
