//! The whole system as the real binary's processes, seen from outside only.

mod backend;
mod ports;
mod process;
mod program;
mod servers;
mod shared;

use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use reqwest::Client;
use tokio::sync::watch;

pub use backend::{Backend, PARTITIONS, shared_brokers};
use ports::Ports;
use process::command;
pub use process::{Process, Readiness};
pub use program::{NEWER_COMMAND_SCHEMA, NEWER_EVENT_SCHEMA, Program};
pub use servers::OwnBroker;
pub use shared::{ClusterHandle, SharedCluster};

use crate::rest::Rest;
use crate::wait::until;

/// How the roles are spread over processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One process with all roles and two edges.
    Dev,
    /// Two edges, two deciders, two projectors, each a process.
    Roles,
}

/// The roles that are processes of their own in [`Layout::Roles`], and how many of each.
const ROLES: [(&str, u16); 3] = [("decider", 2), ("projector", 2), ("edge", 2)];
/// How long the deciders may take to share the partitions out among them.
const SHARED_WITHIN: Duration = Duration::from_mins(1);
/// Edges in either layout.
const EDGES: u16 = 2;

/// A running system; dropping it kills its processes, and shows the ends of their logs when the test has failed.
pub struct Cluster {
    /// For calls to it.
    pub http: Client,
    processes: Vec<Process>,
    urls: Vec<String>,
    live: watch::Sender<Vec<String>>,
    directory: PathBuf,
    /// What it stands on; goes after the processes.
    pub backend: Backend,
    _ports: Ports,
}

impl Cluster {
    /// Starts it and waits until every process is ready and has its share. The logs go to `target/test-logs/<test>`.
    pub async fn start(test: &str, layout: Layout, backend: Backend) -> Self {
        Self::start_as(Program::Current, test, layout, backend).await
    }

    /// Likewise, every process as this program.
    pub async fn start_as(program: Program, test: &str, layout: Layout, backend: Backend) -> Self {
        let directory = log_directory(test);
        let environment = backend.environment();
        prepare(&directory, &backend);
        let ports = Ports::take(8);
        let (urls, processes) = match layout {
            Layout::Dev => {
                let arguments = ["dev", "--edges", "2", "--port", &ports.get(0).to_string()].map(str::to_owned);
                let process = Process::start("dev", program, &arguments, &environment, &directory, ports.get(0));
                (vec![url(ports.get(0)), url(ports.get(1))], vec![process])
            }
            Layout::Roles => start_roles(program, &environment, &directory, &ports),
        };
        let (live, _) = watch::channel(urls.clone());
        let mut cluster = Self { backend, http: Client::new(), processes, urls, live, directory, _ports: ports };
        for process in &mut cluster.processes {
            process.ready(&cluster.http).await;
        }
        if layout == Layout::Roles {
            until("both deciders own partitions", SHARED_WITHIN, async || cluster.deciders_share().await).await;
        }
        cluster
    }

    /// The base URL of an edge, 0 or 1.
    pub fn edge(&self, index: usize) -> &str {
        &self.urls[index]
    }

    /// This person at an edge.
    pub fn rest(&self, index: usize, user: &str) -> Rest {
        Rest::new(&self.http, self.edge(index), user)
    }

    /// The base URLs of all edges that are not being killed.
    pub fn edges(&self) -> watch::Receiver<Vec<String>> {
        self.live.subscribe()
    }

    /// Runs a command of the binary beside the processes, on the same log and views; returns what it printed.
    pub fn run(&self, arguments: &[&str]) -> String {
        run(&self.directory, &self.backend.environment(), arguments)
    }

    /// Runs a command of the binary that is to fail; returns its exit code and what it complained.
    pub fn refused(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.output(arguments);
        assert!(!output.status.success(), "threadline {} succeeded", arguments.join(" "));
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs a command of the binary; returns all that came of it.
    pub fn output(&self, arguments: &[&str]) -> Output {
        let mut command = command(Program::Current, &self.directory, &self.backend.environment());
        command.args(arguments).output().expect("the binary starts")
    }

    /// Starts a command of the binary beside the processes; the caller ends it.
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let mut command = command(Program::Current, &self.directory, &self.backend.environment());
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
    }

    /// A folder of this test's own.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What all processes have logged so far.
    pub fn logs(&self) -> String {
        self.processes.iter().map(Process::logged).collect()
    }

    /// The ends of all processes' logs.
    fn log_tails(&self) -> String {
        self.processes.iter().map(Process::log_tail).collect()
    }

    /// The process of this name, such as `decider-0`.
    pub fn process(&mut self, name: &str) -> &mut Process {
        self.processes.iter_mut().find(|process| process.name == name).unwrap_or_else(|| panic!("no process {name}"))
    }

    /// Whether all command partitions have an owner and every decider has some.
    pub async fn deciders_share(&self) -> bool {
        let mut owned = Vec::new();
        for process in self.processes.iter().filter(|process| process.name.starts_with("decider-")) {
            owned.push(process.figure(&self.http, "threadline_decider_owned_partitions").await.unwrap_or(0.0) as u32);
        }
        owned.iter().all(|count| *count > 0) && owned.iter().sum::<u32>() == PARTITIONS
    }

    /// What every process has on its `/metrics`, by name.
    pub async fn figures(&self) -> Vec<(String, String)> {
        let mut figures = Vec::new();
        for process in &self.processes {
            figures.push((process.name.clone(), process.figures(&self.http).await.expect("a process shows figures")));
        }
        figures
    }

    /// Kills a process with no warning and, if it is an edge, takes it off the list of live ones.
    pub fn kill(&mut self, name: &str) {
        self.process(name).kill();
        self.leave_out(name);
    }

    /// Ends a process as SIGTERM does; an edge is off the list of live ones first.
    pub async fn stop(&mut self, name: &str) {
        self.leave_out(name);
        self.process(name).terminate();
        assert!(self.process(name).exited().await.success(), "{name} ends well");
    }

    /// Starts a killed process again and waits until it is ready.
    pub async fn revive(&mut self, name: &str) {
        let http = self.http.clone();
        self.process(name).restart();
        self.process(name).ready(&http).await;
        if let Some(index) = edge_index(name) {
            let url = self.urls[index].clone();
            self.live.send_modify(|live| live.push(url));
        }
    }

    /// Ends a process as SIGTERM does and starts it as this program; waits until it is ready.
    pub async fn replace(&mut self, name: &str, program: Program) {
        self.stop(name).await;
        self.process(name).program = program;
        self.revive(name).await;
    }

    /// Takes an edge off the list of live ones.
    pub fn leave_out(&self, name: &str) {
        if let Some(index) = edge_index(name) {
            self.live.send_modify(|live| live.retain(|other| *other != self.urls[index]));
        }
    }

    /// What a process says of its readiness; `None` when it does not answer.
    pub async fn readiness(&self, name: &str) -> Option<Readiness> {
        let process = self.processes.iter().find(|process| process.name == name)?;
        process.readiness(&self.http).await
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprint!("{}", self.log_tails());
        }
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn edge_index(name: &str) -> Option<usize> {
    name.strip_prefix("edge-").and_then(|index| index.parse().ok())
}

fn start_roles(
    program: Program,
    environment: &[(String, String)],
    directory: &Path,
    ports: &Ports,
) -> (Vec<String>, Vec<Process>) {
    let mut processes = Vec::new();
    let mut next = EDGES;
    for (role, count) in ROLES {
        for index in 0..count {
            let (flag, port) =
                if role == "edge" { ("--port", ports.get(index)) } else { ("--health-port", ports.get(next)) };
            next += u16::from(role != "edge");
            let arguments = [role, flag, &port.to_string()].map(str::to_owned);
            processes.push(Process::start(
                &format!("{role}-{index}"),
                program,
                &arguments,
                environment,
                directory,
                port,
            ));
        }
    }
    ((0..EDGES).map(|index| url(ports.get(index))).collect(), processes)
}

/// Runs a role on a backend that nobody has migrated, and that is to refuse it; returns what it complained.
pub fn refused_unprepared(test: &str, backend: &Backend, arguments: &[&str]) -> String {
    let mut command = command(Program::Current, &log_directory(test), &backend.environment());
    let output = command.args(arguments).output().expect("the binary starts");
    assert!(!output.status.success(), "threadline {} succeeded", arguments.join(" "));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Where the logs of this test go, emptied.
fn log_directory(test: &str) -> PathBuf {
    let target = program::profile_directory().parent().expect("the profile's folder lies in target").to_owned();
    let directory = target.join("test-logs").join(test);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).expect("target can be written");
    directory
}

/// Schemas and topics.
fn prepare(directory: &Path, backend: &Backend) {
    let environment = backend.environment();
    run(directory, &environment, &["migrate"]);
    if backend.is_kafka() {
        run(directory, &environment, &["topics", "create", "--partitions", &PARTITIONS.to_string()]);
    }
}

/// Runs a command of the binary alone, with nothing but an empty folder; returns all that came of it.
pub fn run_alone(test: &str, arguments: &[&str]) -> Output {
    let directory = log_directory(test);
    command(Program::Current, &directory, &[]).args(arguments).output().expect("the binary starts")
}

/// Runs a command of the binary to its good end; returns what it printed.
fn run(directory: &Path, environment: &[(String, String)], arguments: &[&str]) -> String {
    let output = command(Program::Current, directory, environment).args(arguments).output().expect("the binary starts");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "threadline {} failed: {said}{complained}", arguments.join(" "));
    said.into_owned()
}
