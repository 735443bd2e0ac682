//! What an edge can be told, with its defaults. Names end in their unit; times are durations.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

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
    /// Bytes of all files of the web page together, which lie in memory.
    pub web_bytes_max: u64,
    /// Files of the web page, and folders.
    pub web_files_max: usize,
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
    /// On shutdown, sessions are told to leave spread over this time.
    pub drain_window: Duration,
    /// On shutdown, requests and sessions still there after this time are cut off.
    pub grace: Duration,
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
            web_bytes_max: 32 * 1024 * 1024,
            web_files_max: 2_000,
            topic_prefix: "threadline.".into(),
            reserved_key_prefixes: Vec::new(),
            http: HttpConfig::default(),
            rate: RateConfig::default(),
            names: NamesConfig::default(),
            commands: CommandsConfig::default(),
            sessions: SessionConfig::default(),
            hub: HubConfig::default(),
            signals: SignalsConfig::default(),
            drain_window: Duration::from_secs(5),
            grace: Duration::from_secs(15),
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
    pub header_read: Duration,
    /// From a request's headers to its answer.
    pub request_timeout: Duration,
    /// A client must take at least [`write_progress_bytes_min`](Self::write_progress_bytes_min) of an answer in each
    /// period of this length, or its connection is closed.
    pub write_progress: Duration,
    /// See [`write_progress`](Self::write_progress).
    pub write_progress_bytes_min: usize,
    /// Bytes of one connection that the kernel buffers for a client that does not read; the kernel may cap it.
    pub send_buffer_bytes: u32,
    /// A request's headers.
    pub head_bytes_max: usize,
    /// A request's body.
    pub body_bytes_max: usize,
    /// A page of a list; it ends earlier than asked for when its elements are large.
    pub page_bytes_max: usize,
    /// Answers to one user that are made or not yet sent.
    pub answers_per_user_bytes_max: usize,
    /// Likewise, to all.
    pub answers_bytes_max: usize,
    /// How long a request waits for room among the answers.
    pub answers_wait: Duration,
    /// How long a read waits for the projections to reach `at_least`.
    pub at_least_wait: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            connections_max: 20_000,
            connections_per_address_max: 10_000,
            listen_backlog: 4_096,
            header_read: Duration::from_secs(75),
            request_timeout: Duration::from_secs(15),
            write_progress: Duration::from_secs(20),
            write_progress_bytes_min: 16 * 1024,
            send_buffer_bytes: 256 * 1024,
            head_bytes_max: 32 * 1024,
            body_bytes_max: 256 * 1024,
            page_bytes_max: 1024 * 1024,
            answers_per_user_bytes_max: 8 * 1024 * 1024,
            answers_bytes_max: 128 * 1024 * 1024,
            answers_wait: Duration::from_secs(2),
            at_least_wait: Duration::from_secs(5),
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
    pub deadline: Duration,
    /// Commands of this edge whose outcome is waited for at once.
    pub pending_max: usize,
}

impl Default for CommandsConfig {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(5), pending_max: 20_000 }
    }
}

/// WebSocket sessions.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Sessions of one user on this edge.
    pub per_user_max: usize,
    /// From the upgrade to the hello.
    pub hello: Duration,
    /// From the hello to the welcome, waiting for a turn included.
    pub open: Duration,
    /// How often a client shall be heard of; after a little more than twice this it is taken for gone.
    pub heartbeat: Duration,
    /// One frame, and one message of several frames.
    pub frame_bytes_max: usize,
    /// What may wait for a client that does not read.
    pub queue_bytes_max: usize,
    /// Likewise, frames.
    pub queue_frames_max: usize,
    /// Requests of one session whose outcome is waited for at once.
    pub in_flight_max: usize,
    /// How long before its token's end a session is told.
    pub expiry_notice: Duration,
    /// Wrong frames of one session in a row before it is closed.
    pub refused_max: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            per_user_max: 32,
            hello: Duration::from_secs(5),
            open: Duration::from_secs(15),
            heartbeat: Duration::from_secs(25),
            frame_bytes_max: 256 * 1024,
            queue_bytes_max: 1024 * 1024,
            queue_frames_max: 4_096,
            in_flight_max: 64,
            expiry_notice: Duration::from_mins(1),
            refused_max: 100,
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
    /// Sessions that join or resume at once; further ones wait.
    pub joins_max: usize,
    /// How long a session that joins waits for the hub to reach what it was told by the projections.
    pub join_wait: Duration,
    /// How long the events of all threads wait for the keys of one.
    pub keys_wait: Duration,
    /// Read marks that the edge knows, so that it appends higher ones only.
    pub marks_max: usize,
    /// Records of each partition that an edge reads at its start, to fill its ring.
    pub start_records_max: u64,
    /// Events of one thread that a resuming session is given from the projections; with more missed it is told to load anew.
    pub missed_per_thread_max: u32,
    /// Events of all threads that a resuming session is given; of threads beyond it is told to load them anew.
    pub missed_max: usize,
    /// Bytes of missed events that a resuming session is given; threads with more are named to be loaded anew.
    pub backlog_bytes_max: usize,
    /// How long a ready edge may take to reach the log's end.
    pub lag_max: Duration,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            ring_bytes_max: 4 * 1024 * 1024,
            requests_max: 4_096,
            missed_per_thread_max: 500,
            missed_max: 10_000,
            backlog_bytes_max: 4 * 1024 * 1024,
            lag_max: Duration::from_secs(5),
            joins_max: 64,
            join_wait: Duration::from_secs(5),
            keys_wait: Duration::from_millis(500),
            marks_max: 50_000,
            start_records_max: 20_000,
        }
    }
}

/// Typing and presence.
#[derive(Clone, Debug)]
pub struct SignalsConfig {
    /// Typing without a further start ends after this time.
    pub typing: Duration,
    /// How often an edge says that it lives.
    pub alive: Duration,
    /// An edge not heard of for this long is gone, with its users.
    pub edge_silent: Duration,
    /// How long after a user's last session ended the user is said to be offline.
    pub offline_after: Duration,
    /// Edges that are known at once; the users of further ones are not shown.
    pub edges_max: usize,
    /// Users seen typing at once; further ones are not shown.
    pub typists_max: usize,
    /// Pairs of a present user and a thread of the whole cluster; who comes later is not shown there.
    pub shown_pairs_max: usize,
    /// Pairs of a user and a local user who was told of the first one; who comes later is not told of. A pair takes 5 to 10 bytes.
    pub told_pairs_max: usize,
    /// Threads in which one user is shown; in further ones members do not see whether the user is present.
    pub threads_per_user_max: usize,
}

impl Default for SignalsConfig {
    fn default() -> Self {
        Self {
            typing: Duration::from_secs(5),
            alive: Duration::from_secs(5),
            edge_silent: Duration::from_secs(15),
            offline_after: Duration::from_secs(3),
            edges_max: 1_024,
            typists_max: 10_000,
            shown_pairs_max: 2_000_000,
            told_pairs_max: 1_000_000,
            threads_per_user_max: 512,
        }
    }
}
