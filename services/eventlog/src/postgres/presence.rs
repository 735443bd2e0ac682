//! Who is present: each process holds an advisory lock, shared, for as long as its connection lasts.

/// An SQL expression: whether no other session holds the lock `($1, $2)`, which this session holds shared. It tries the exclusive
/// lock, so it costs the same however many locks there are; `pg_locks` visits all of the server's.
macro_rules! is_alone {
    () => {
        "CASE WHEN pg_try_advisory_lock($1, $2) THEN pg_advisory_unlock($1, $2) ELSE false END"
    };
}
pub(crate) use is_alone;
