//! What an edge measures.

threadline_metrics::table! {
    /// Connections of clients, sockets included.
    gauge connections = "threadline_edge_connections", Count;
    /// Connections to the listener for probes and scrapers.
    gauge operations_connections = "threadline_operations_connections", Count;
    /// Connections that were refused, because there were too many in all or of one address.
    counter connections_refused = "threadline_edge_connections_refused_total", Count, by reason;
    /// Connections that were closed because their client did not take its answer.
    counter connections_stalled = "threadline_edge_connections_stalled_total", Count;
    /// HTTP requests that were answered.
    counter http_requests = "threadline_edge_http_requests_total", Count, by method route status;
    /// From a request's headers to its answer.
    histogram http_request_seconds = "threadline_edge_http_request_seconds", Seconds, by method route;
    /// Reads that were refused because the answers not yet sent took all the room there is.
    counter answers_refused = "threadline_edge_answers_refused_total", Count, by bound;
    /// Fetches of the identity provider's keys.
    counter jwks_fetches = "threadline_edge_jwks_fetches_total", Count, by result;
    /// Sockets that have joined.
    gauge sessions = "threadline_edge_sessions", Count;
    /// Frames that clients sent.
    counter frames_received = "threadline_edge_frames_received_total", Count;
    /// Frames that were written to clients.
    counter frames_sent = "threadline_edge_frames_sent_total", Count;
    /// Sockets that the edge closed.
    counter closes = "threadline_edge_closes_total", Count, by code;
    /// Sockets that were closed because their client does not read.
    counter slow_sessions = "threadline_edge_slow_sessions_total", Count;
    /// Sessions that came with a cursor, by where what they missed was read.
    counter resumes = "threadline_edge_resumes_total", Count, by from;
    /// Commands by what became of them.
    counter commands = "threadline_edge_commands_total", Count, by outcome;
    /// Events that were queued for a socket.
    counter deliveries = "threadline_edge_deliveries_total", Count;
    /// From an event's append to the edge's reading it.
    histogram hub_lag_seconds = "threadline_edge_hub_lag_seconds", Seconds;
    /// Bytes of the newest events, kept for sessions that resume.
    gauge ring_bytes = "threadline_edge_ring_bytes", Bytes;
    /// Second copies of events, which count once.
    counter duplicates = "threadline_edge_duplicates_total", Count;
    /// Records that this edge cannot read.
    counter unreadable_records = "threadline_edge_unreadable_records_total", Count;
    /// Read marks that were appended again because a lower one came after them.
    counter marks_repeated = "threadline_edge_marks_repeated_total", Count;
    /// Typing and presence signals that were dropped, because a bound was reached.
    counter signals_lost = "threadline_edge_signals_lost_total", Count;
    /// Times that somebody is not told how present a user is, because a bound was reached.
    counter presence_untold = "threadline_edge_presence_untold_total", Count;
    /// Display names that are written later, because too many came at once.
    counter names_deferred = "threadline_edge_names_deferred_total", Count;
    /// Display names that could not be appended.
    counter names_lost = "threadline_edge_names_lost_total", Count;
}
