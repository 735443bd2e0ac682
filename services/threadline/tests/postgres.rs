//! The Postgres that `threadline dev` manages: real servers in directories of their own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use sqlx::{Connection, PgConnection};
use threadline::postgres::{Error, Managed};

/// A directory for one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("threadline-test-{name}-{}", std::process::id())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn run(url: &str, statement: &'static str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(statement).execute(&mut connection).await?;
    connection.close().await
}

#[tokio::test]
async fn a_second_start_finds_the_data_of_the_first() {
    let directory = Directory::new("again");
    let first = Managed::start(&directory.0).await.expect("starts");
    run(first.url(), "CREATE TABLE kept (id int)").await.expect("a table");
    first.stop();
    let second = Managed::start(&directory.0).await.expect("starts again");
    run(second.url(), "INSERT INTO kept VALUES (1)").await.expect("the table is there");
}

#[tokio::test]
async fn two_at_once_on_one_directory_are_refused() {
    let directory = Directory::new("twice");
    let _first = Managed::start(&directory.0).await.expect("starts");
    assert!(matches!(Managed::start(&directory.0).await, Err(Error::InUse(_))));
}

/// The supervisor and the one who started it die at once; the server stays.
#[tokio::test]
async fn a_server_left_behind_is_taken_over() {
    let directory = Directory::new("orphan");
    let first = Managed::start(&directory.0).await.expect("starts");
    run(first.url(), "CREATE TABLE kept (id int)").await.expect("a table");
    let data = first.directory().join("data");
    let server = fs::read_to_string(data.join("postmaster.pid")).expect("a pid file");
    let server = server.lines().next().expect("a pid");
    let status = fs::read_to_string(format!("/proc/{server}/status")).expect("a process");
    let supervisor = status.lines().find_map(|line| line.strip_prefix("PPid:")).expect("a parent").trim();
    // The supervisor and its watcher share a process group with the server, so only these two are named.
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).expect("children");
    for pid in children.split_whitespace().filter(|pid| *pid != server).chain([supervisor]) {
        assert!(Command::new("kill").args(["-KILL", pid]).status().expect("kill").success());
    }
    drop(first);
    let second = Managed::start(&directory.0).await.expect("starts again");
    run(second.url(), "INSERT INTO kept VALUES (1)").await.expect("the table is there");
}

#[tokio::test]
async fn a_temporary_one_leaves_nothing() {
    let server = Managed::temporary().await.expect("starts");
    let directory = server.directory().to_owned();
    run(server.url(), "SELECT 1").await.expect("answers");
    server.stop();
    assert!(!directory.exists());
}
