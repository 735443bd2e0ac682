//! What an edge can be told, with its defaults. Names end in their unit.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use crate::auth::AuthConfig;
pub use crate::proxy::ProxyConfig;

/// All of an edge's settings.
#[derive(Clone, Debug)]
pub struct EdgeConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to serve `/livez`, `/readyz` and `/metrics` apart from clients; port 0 takes a free one.
    pub health: Option<SocketAddr>,
    /// Which tokens are taken.
    pub auth: AuthConfig,
    /// Origins of web pages that may call: `https://app.example.org`, exactly. Clients that send no origin may too.
    pub origins: Vec<String>,
    /// What stands between clients and the edge.
    pub proxy: ProxyConfig,
    /// Whether this machine's pages and programs get a token for any user: on development systems only.
    pub development_tokens: bool,
    /// The folder with the built web page, read at the start; when it is missing, `/` says what to install.
    pub web_dir: PathBuf,
    /// What stands before the topics' names in the log: in the schemas' subjects too.
    pub topic_prefix: String,
    /// Beginnings of thread keys that only services and admins may create, such as `project_`.
    pub reserved_key_prefixes: Vec<String>,
    /// Bounds of HTTP.
    pub http: HttpConfig,
    /// How much one user may ask.
    pub rate: RateConfig,
    /// Display names that go from tokens into the log.
    pub names: NamesConfig,
    /// Commands and their outcomes.
    pub commands: CommandsConfig,
    /// WebSocket sessions.
    pub sessions: SessionConfig,
    /// The hub between the log and the sessions.
    pub hub: HubConfig,
    /// Typing and presence.
    pub signals: SignalsConfig,
    /// On shutdown, sessions are told to leave spread over this time, milliseconds.
    pub drain_window_ms: u64,
    /// On shutdown, requests and sessions still there after this time are cut off, milliseconds.
    pub grace_ms: u64,
}

impl EdgeConfig {
    /// The defaults, with these tokens.
    pub fn new(auth: AuthConfig) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            health: None,
            auth,
            origins: Vec::new(),
            proxy: ProxyConfig::default(),
            development_tokens: false,
            web_dir: "clients/web/dist".into(),
            topic_prefix: "threadline.".into(),
            reserved_key_prefixes: Vec::new(),
            http: HttpConfig::default(),
            rate: RateConfig::default(),
            names: NamesConfig::default(),
            commands: CommandsConfig::default(),
            sessions: SessionConfig::default(),
            hub: HubConfig::default(),
            signals: SignalsConfig::default(),
            drain_window_ms: 5_000,
            grace_ms: 15_000,
        }
    }
}

/// Bounds of HTTP.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Connections at once, WebSockets included. Further ones are refused at once.
    pub connections_max: usize,
    /// Likewise, of one client address (an IPv4 address, or an IPv6 network of 64 bits). Not for trusted proxies,
    /// whose address all clients share.
    pub connections_per_address_max: usize,
    /// Connections that the kernel completes before the edge accepts them; the kernel may cap it (`somaxconn`).
    pub listen_backlog: u32,
    /// From the end of one request (or the connection) to the end of the next one's headers. Longer than proxies and clients
    /// usually keep an idle connection (60 s): an edge that closes first may reset a request that is on its way.
    pub header_read_ms: u64,
    /// From a request's headers to its answer.
    pub request_ms: u64,
    /// A client must take at least [`write_progress_bytes_min`](Self::write_progress_bytes_min) of an answer in each
    /// period of this length, or its connection is closed.
    pub write_progress_ms: u64,
    /// See [`write_progress_ms`](Self::write_progress_ms).
    pub write_progress_bytes_min: usize,
    /// Bytes of one connection that the kernel buffers for a client that does not read; the kernel may cap it.
    pub send_buffer_bytes: u32,
    /// A request's body.
    pub body_bytes_max: usize,
    /// A page of a list; it ends earlier than asked for when its elements are large.
    pub page_bytes_max: usize,
    /// Answers to one user that are made or not yet sent.
    pub answers_per_user_bytes_max: usize,
    /// Likewise, to all.
    pub answers_bytes_max: usize,
    /// How long a request waits for room among the answers.
    pub answers_wait_ms: u64,
    /// How long a read waits for the projections to reach `at_least`.
    pub at_least_wait_ms: u64,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            connections_per_address_max: 10_000,
            listen_backlog: 4_096,
            header_read_ms: 75_000,
            request_ms: 15_000,
            write_progress_ms: 20_000,
            write_progress_bytes_min: 16 * 1024,
            send_buffer_bytes: 256 * 1024,
            body_bytes_max: 256 * 1024,
            page_bytes_max: 1024 * 1024,
            answers_per_user_bytes_max: 8 * 1024 * 1024,
            answers_bytes_max: 128 * 1024 * 1024,
            answers_wait_ms: 2_000,
            at_least_wait_ms: 5_000,
        }
    }
}

/// How much one user may ask of one edge: a bucket of tokens. What a call costs stands in `rate/cost.rs`.
#[derive(Clone, Debug)]
pub struct RateConfig {
    /// Tokens that a user's bucket gains each second.
    pub per_second: u32,
    /// Tokens that a user's full bucket holds.
    pub burst: u32,
    /// Tokens that a service's bucket gains each second.
    pub service_per_second: u32,
    /// Tokens that a service's full bucket holds.
    pub service_burst: u32,
    /// Users with a bucket of their own. Only buckets that are not full are kept; where there are more, the rest share.
    pub users_max: usize,
}

impl Default for RateConfig {
    fn default() -> Self {
        Self { per_second: 100, burst: 400, service_per_second: 2_000, service_burst: 8_000, users_max: 50_000 }
    }
}

/// Display names that go from tokens into the log.
#[derive(Clone, Debug)]
pub struct NamesConfig {
    /// Users whose names this edge remembers to have written; beyond, some are written again.
    pub users_max: usize,
    /// Names that may be written each second.
    pub per_second: u32,
    /// Names that may be written at once.
    pub burst: u32,
}

impl Default for NamesConfig {
    fn default() -> Self {
        Self { users_max: 500_000, per_second: 200, burst: 10_000 }
    }
}

/// Commands and their outcomes.
#[derive(Clone, Debug)]
pub struct CommandsConfig {
    /// How long a command's outcome is waited for.
    pub deadline_ms: u64,
    /// Commands of this edge whose outcome is waited for at once.
    pub pending_max: usize,
}

impl Default for CommandsConfig {
    fn default() -> Self {
        Self { deadline_ms: 5_000, pending_max: 20_000 }
    }
}

/// WebSocket sessions.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Sessions of one user on this edge.
    pub per_user_max: usize,
    /// From the upgrade to the hello.
    pub hello_ms: u64,
    /// How often a client shall be heard of; after a little more than twice this it is taken for gone.
    pub heartbeat_ms: u64,
    /// One frame, and one message of several frames.
    pub frame_bytes_max: usize,
    /// What may wait for a client that does not read.
    pub queue_bytes_max: usize,
    /// Likewise, frames.
    pub queue_frames_max: usize,
    /// Requests of one session whose outcome is waited for at once.
    pub in_flight_max: usize,
    /// How long before its token's end a session is told.
    pub expiry_notice_ms: u64,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            per_user_max: 32,
            hello_ms: 5_000,
            heartbeat_ms: 25_000,
            frame_bytes_max: 256 * 1024,
            queue_bytes_max: 1024 * 1024,
            queue_frames_max: 4_096,
            in_flight_max: 64,
            expiry_notice_ms: 60_000,
        }
    }
}

/// The hub between the log and the sessions.
#[derive(Clone, Debug)]
pub struct HubConfig {
    /// Newest records of `messages` kept for resuming sessions, each partition.
    pub ring_bytes_max: usize,
    /// Requests to the hub that may wait.
    pub requests_max: usize,
    /// Events of one thread that a resuming session is given from the projections; with more missed it is told to load anew.
    pub missed_per_thread_max: u32,
    /// Bytes of missed events that a resuming session is given; threads with more are named to be loaded anew.
    pub backlog_bytes_max: usize,
    /// How far behind the log's end a ready edge may be, milliseconds.
    pub lag_ms_max: u64,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            ring_bytes_max: 4 * 1024 * 1024,
            requests_max: 4_096,
            missed_per_thread_max: 500,
            backlog_bytes_max: 4 * 1024 * 1024,
            lag_ms_max: 5_000,
        }
    }
}

/// Typing and presence.
#[derive(Clone, Debug)]
pub struct SignalsConfig {
    /// Typing without a further start ends after this time.
    pub typing_ms: u64,
    /// How often an edge says that it lives.
    pub alive_ms: u64,
    /// An edge not heard of for this long is gone, with its users.
    pub edge_silent_ms: u64,
    /// How long after a user's last session ended the user is said to be offline.
    pub offline_after_ms: u64,
}

impl Default for SignalsConfig {
    fn default() -> Self {
        Self { typing_ms: 5_000, alive_ms: 5_000, edge_silent_ms: 15_000, offline_after_ms: 3_000 }
    }
}
