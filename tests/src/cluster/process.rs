//! One process of the system under test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::Value;

use super::program::Program;
use crate::wait::until;

/// How long a process may take to be ready: it may have to wait for a dead predecessor's session to end.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long a process may take to end when asked.
const EXIT_WITHIN: Duration = Duration::from_secs(30);
/// Of each process's log, what a failed test prints.
const LOG_TAIL_LINES: usize = 25;

/// A process that can be killed and started again.
pub struct Process {
    /// Its name in this test, such as `decider-1`.
    pub name: String,
    /// What it is when it is started next.
    pub program: Program,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    directory: PathBuf,
    /// Where its health endpoints are.
    health: String,
    child: Option<Child>,
}

/// What `/readyz` says.
#[derive(Clone, Debug)]
pub struct Readiness {
    /// Whether the process is ready.
    pub is_ready: bool,
    /// Its checks, by name: `ok` or what is wrong.
    pub checks: Value,
}

/// A command of the binary, with nothing of this test's own surroundings but what is given.
pub(super) fn command(program: Program, directory: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(program.binary());
    for (name, _) in std::env::vars() {
        if name.starts_with("THREADLINE_") || name == "DATABASE_URL" || name == "KAFKA_BROKERS" {
            command.env_remove(name);
        }
    }
    command.envs(environment.iter().cloned()).current_dir(directory).stdin(Stdio::null());
    command
}

impl Process {
    /// Starts it; see [`ready`](Self::ready). `port` is where its health endpoints are.
    pub fn start(
        name: &str,
        program: Program,
        arguments: &[String],
        environment: &[(String, String)],
        directory: &Path,
        port: u16,
    ) -> Self {
        let mut process = Self {
            name: name.to_owned(),
            program,
            arguments: arguments.to_vec(),
            environment: environment.to_vec(),
            directory: directory.to_owned(),
            health: format!("http://127.0.0.1:{port}"),
            child: None,
        };
        process.restart();
        process
    }

    /// Starts it again after its end, on the same port, its log continued.
    pub fn restart(&mut self) {
        self.kill();
        let log = File::options().create(true).append(true).open(self.log()).expect("the log can be written");
        let mut command = command(self.program, &self.directory, &self.environment);
        command.args(&self.arguments).stdout(log.try_clone().expect("a file has two names")).stderr(log);
        self.child = Some(command.spawn().expect("the binary starts"));
    }

    /// Waits until it says it is ready.
    pub async fn ready(&mut self, http: &Client) {
        let start = Instant::now();
        loop {
            let answer = http.get(format!("{}/readyz", self.health)).timeout(Duration::from_secs(2)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            assert!(self.is_running(), "{} ended instead of getting ready", self.name);
            assert!(start.elapsed() < READY_WITHIN, "{} is not ready after {} s", self.name, READY_WITHIN.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it says of its readiness; `None` when it does not answer.
    pub async fn readiness(&self, http: &Client) -> Option<Readiness> {
        let answer = http.get(format!("{}/readyz", self.health)).timeout(Duration::from_secs(2)).send().await.ok()?;
        let is_ready = answer.status().is_success();
        let body: Value = answer.json().await.ok()?;
        Some(Readiness { is_ready, checks: body["checks"].clone() })
    }

    /// A figure without labels from its `/metrics`; `None` when it does not answer or has no such figure yet.
    pub async fn figure(&self, http: &Client, name: &str) -> Option<f64> {
        let text = self.figures(http).await?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        value.parse().ok()
    }

    /// Everything on its `/metrics`; `None` when it does not answer.
    pub async fn figures(&self, http: &Client) -> Option<String> {
        let answer = http.get(format!("{}/metrics", self.health)).timeout(Duration::from_secs(2)).send().await.ok()?;
        answer.text().await.ok()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("our own child can be killed");
            child.wait().expect("a killed child ends");
        }
    }

    /// Asks it to end, as SIGTERM does.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Lets it stand still, as a paused machine does.
    pub fn suspend(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let (kill, id) = (format!("kill -{signal} \"$1\""), self.id().to_string());
        let status = Command::new("/bin/sh").args(["-c", &kill, "sh", &id]).status();
        assert!(status.expect("a shell runs").success(), "{} could not be signalled", self.name);
    }

    /// Waits for its end.
    pub async fn exited(&mut self) -> ExitStatus {
        let name = format!("{} ends", self.name);
        let mut child = self.child.take().expect("it runs");
        let mut status = None;
        until(&name, EXIT_WITHIN, async || {
            status = child.try_wait().expect("our own child can be waited for");
            status.is_some()
        })
        .await;
        status.expect("it just ended")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    fn log(&self) -> PathBuf {
        self.directory.join(format!("{}.log", self.name))
    }

    /// What it has logged so far.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// Returns the end of its log, for a developer who wants to know why a test failed.
    pub fn log_tail(&self) -> String {
        let text = self.logged();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
        let state = match self.child.as_ref().map(Child::id) {
            None => "was ended",
            Some(id) if is_running(id) => "runs",
            Some(_) => "has ended by itself",
        };
        format!("---- the end of {} ({} {state})\n{tail}\n", self.log().display(), self.name)
    }
}

/// Whether a child that nobody has waited for is more than a zombie.
fn is_running(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
