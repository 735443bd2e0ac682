//! The server itself.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::account::Account;
use super::{Error, binaries, place};

/// How long a server may take to answer; it may have to recover first.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// How long a server may take to stop.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks at it.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Tells others of ours the running server's URL.
const NOTICE: &str = "url";
/// The database we use.
const DATABASE: &str = "threadline";

/// Runs the server and stops it when our end of the pipe closes: then we are gone, however that happened.
/// In order: the server, its data directory, its socket directory, a directory to remove at the end (or nothing),
/// the settings.
const SUPERVISOR: &str = r#"
exec 3<&0
server=$1 data=$2 socket=$3 remove=$4
shift 4
"$server" -D "$data" -k "$socket" "$@" </dev/null 3<&- &
pid=$!
{ cat <&3 >/dev/null; kill -INT $pid 2>/dev/null; } &
exec 3<&-
wait $pid
code=$?
[ -z "$remove" ] || rm -rf "$remove"
exit $code
"#;

/// What differs from Postgres's defaults. Statements and row contents stay out of its log: they hold messages.
/// Connections: each process has several pools, and a whole system of processes may share the server, as in the tests.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=500",
    "shared_buffers=512MB",
    "wal_buffers=16MB",
    "max_wal_size=4GB",
    "synchronous_commit=on",
    "wal_compression=on",
    "jit=off",
    "autovacuum_naptime=15s",
    "autovacuum_vacuum_insert_scale_factor=0.4",
    "log_checkpoints=off",
    "log_autovacuum_min_duration=-1",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "max_prepared_transactions=0",
];

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Managed {
    directory: PathBuf,
    url: String,
    supervisor: Child,
    /// Held as long as the server is ours.
    _lock: File,
}

impl Managed {
    /// Starts the server whose data lies in `directory`, made if need be, and waits until it answers. A server that
    /// was left there by a process that died is stopped first. When we are root the server runs as another user, and
    /// if that one cannot get to `directory` its data lies elsewhere: see [`Managed::directory`].
    pub async fn start(directory: &Path) -> Result<Self, Error> {
        Self::run(directory, false).await
    }

    /// Starts a server on an empty directory that goes away with it.
    pub async fn temporary() -> Result<Self, Error> {
        let name = format!("threadline-postgres-{}", uuid::Uuid::now_v7().simple());
        Self::run(&std::env::temp_dir().join(name), true).await
    }

    async fn run(directory: &Path, temporary: bool) -> Result<Self, Error> {
        let account = Account::choose()?;
        place::make(directory)?;
        let lock = place::lock(directory)?;
        let notice = directory.join(NOTICE);
        let directory = place::settle(account, directory)?;
        let data = directory.join("data");
        stop_orphan(&data)?;
        let bin = binaries::find(&data)?;
        if !data.join("PG_VERSION").is_file() {
            initialise(account, &bin, &directory, &data)?;
        }
        let socket = place::socket_directory(account, &directory)?;
        let log = directory.join("server.log");
        let log_file = File::create(&log).map_err(Error::at(&log))?;
        account.give(&log)?;
        let mut command = account.command(Path::new("/bin/sh"));
        command.args(["-c", SUPERVISOR, "threadline-postgres"]).arg(bin.join("postgres")).args([&data, &socket]);
        command.arg(if temporary { directory.as_path() } else { Path::new("") });
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        // In a process group of its own: Ctrl-C in a terminal is for us, and we stop the server last.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log_file);
        let supervisor = command.spawn().map_err(Error::at(Path::new("/bin/sh")))?;
        let options = PgConnectOptions::new_without_pgpass().socket(&socket).username("postgres").database("postgres");
        let url = place::url(&socket, DATABASE);
        let mut managed = Self { directory, url, supervisor, _lock: lock };
        managed.wait_until_ready(&options, &log).await?;
        fs::write(&notice, managed.url()).map_err(Error::at(&notice))?;
        Ok(managed)
    }

    /// The URL of the server that another process of ours runs on `directory`, if one does.
    pub fn running(directory: &Path) -> Option<String> {
        if place::is_locked(directory) { fs::read_to_string(directory.join(NOTICE)).ok() } else { None }
    }

    /// For `DATABASE_URL`: superuser, on a Unix socket that only the server's user and root can reach.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its data really lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Stops it and waits until it has, at most some seconds. Sessions that are still open end with an error.
    pub fn stop(mut self) {
        self.shut_down();
    }

    async fn wait_until_ready(&mut self, options: &PgConnectOptions, log: &Path) -> Result<(), Error> {
        let start = Instant::now();
        loop {
            let reason = match prepare(options).await {
                Ok(()) => return Ok(()),
                Err(error) => error.to_string(),
            };
            if matches!(self.supervisor.try_wait(), Ok(Some(_))) {
                return Err(Error::Program { program: "postgres", reason: last_line(log) });
            }
            if start.elapsed() > READY_WITHIN {
                return Err(Error::Silent { directory: self.directory.clone(), waited: READY_WITHIN, reason });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn shut_down(&mut self) {
        // Closing the pipe tells the supervisor; it ends when the server has.
        drop(self.supervisor.stdin.take());
        let start = Instant::now();
        while start.elapsed() < STOP_WITHIN {
            if !matches!(self.supervisor.try_wait(), Ok(None)) {
                return;
            }
            sleep(LOOK_EVERY);
        }
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// We hold the lock, so a server on this data belongs to a process that died. It is asked to stop, and waited for.
/// A `postmaster.pid` whose process is something else by now is taken away.
fn stop_orphan(data: &Path) -> Result<(), Error> {
    let pid_file = data.join("postmaster.pid");
    let start = Instant::now();
    let mut asked = false;
    while let Ok(text) = fs::read_to_string(&pid_file) {
        let pid = text.lines().next().unwrap_or_default().trim().to_owned();
        // A server's working directory is its data.
        let is_ours = !pid.is_empty() && fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data);
        if !is_ours {
            return fs::remove_file(&pid_file).or_else(absent_is_fine).map_err(Error::at(&pid_file));
        }
        if !asked {
            let _ = Command::new("/bin/sh").args(["-c", "kill -INT \"$1\"", "sh", &pid]).status();
            asked = true;
        }
        if start.elapsed() > STOP_WITHIN {
            let reason = format!("server {pid} was left running and does not stop");
            return Err(Error::Program { program: "postgres", reason });
        }
        sleep(LOOK_EVERY);
    }
    Ok(())
}

fn absent_is_fine(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Makes the data beside its place and moves it there when it is whole, so that dying in between leaves nothing half made.
fn initialise(account: Account, bin: &Path, directory: &Path, data: &Path) -> Result<(), Error> {
    let fresh = directory.join("data.new");
    fs::remove_dir_all(&fresh).or_else(absent_is_fine).map_err(Error::at(&fresh))?;
    let output = account
        .command(&bin.join("initdb"))
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "-D"])
        .arg(&fresh)
        .output()
        .map_err(Error::at(&bin.join("initdb")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Program { program: "initdb", reason: said.lines().last().unwrap_or_default().to_owned() });
    }
    fs::rename(&fresh, data).map_err(Error::at(data))
}

/// Connects, and makes our database if it is not there.
async fn prepare(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut connection: PgConnection = options.connect().await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut connection)
        .await?;
    if !exists {
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {DATABASE}"))).execute(&mut connection).await?;
    }
    connection.close().await
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}
