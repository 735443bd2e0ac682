//! `threadline dev` as people start it: nothing configured, a Postgres of its own; and the tools beside it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

/// A directory for one test, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("threadline-test-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary directory can be written");
        Self(path)
    }

    /// The binary, run here with nothing configured.
    fn threadline(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_threadline"));
        for (name, _) in std::env::vars() {
            if name.starts_with("THREADLINE_") || name == "DATABASE_URL" || name == "KAFKA_BROKERS" {
                command.env_remove(name);
            }
        }
        command.args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.threadline(arguments).output().expect("the binary runs")
    }

    fn token(&self, user: &str) -> String {
        let output = self.run(&["token", "--user", user]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("a token").trim().to_owned()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running dev mode.
struct Dev {
    child: Child,
    url: String,
}

impl Dev {
    /// Starts it; it is there when it says so.
    fn start(directory: &Directory) -> Self {
        Self::start_with(directory, &["--port", "0"])
    }

    fn start_with(directory: &Directory, arguments: &[&str]) -> Self {
        let log = fs::File::options().create(true).append(true).open(directory.0.join("log")).expect("a log");
        let mut command = directory.threadline(&[&["dev"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("the binary starts");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("its output"));
        said.read_line(&mut line).expect("a line");
        let url = line.split([' ', ';']).find(|word| word.starts_with("http://"));
        let url = url.unwrap_or_else(|| panic!("no URL in {line:?}: {}", log_of(&directory.0))).to_owned();
        Self { child, url }
    }

    fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_of(directory: &Path) -> String {
    fs::read_to_string(directory.join("log")).unwrap_or_default()
}

/// Ann's token, if it is given to whoever asks.
async fn sign_in(http: &reqwest::Client, dev: &Dev) -> Option<String> {
    let answer = http.post(format!("{}/api/dev/token", dev.url)).json(&json!({"user": "ann"})).send().await;
    let answer = answer.expect("the edge answers").json::<Value>().await.expect("JSON");
    answer["token"].as_str().map(str::to_owned)
}

async fn call(request: reqwest::RequestBuilder, token: &str) -> Value {
    let answer = request.bearer_auth(token).send().await.expect("the edge answers");
    let (status, body) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_success(), "{status} {body}");
    serde_json::from_str(&body).expect("JSON")
}

#[tokio::test]
async fn what_was_said_is_there_after_kill_9_and_a_second_start() {
    let directory = Directory::new("dev");
    let http = reqwest::Client::new();
    let dev = Dev::start(&directory);
    let bob = directory.token("bob");
    // Whoever is at this machine signs in as anyone.
    let ann = sign_in(&http, &dev).await.expect("a token");
    let dm = json!({"kind": "dm", "participants": ["bob"]});
    let thread = call(http.post(format!("{}/api/chat/threads/", dev.url)).json(&dm), &ann).await;
    let messages = format!("/api/chat/threads/{}/messages/", thread["id"].as_str().expect("an id"));
    call(http.post(dev.url.clone() + &messages).json(&json!({"content": "are you there?"})), &ann).await;
    drop(dev);

    let dev = Dev::start(&directory);
    let answer = call(http.post(dev.url.clone() + &messages).json(&json!({"content": "again"})), &bob).await;
    assert_eq!(answer["number"], 2);
    let position = answer["position"].as_str().expect("a position");
    let history = call(http.get(format!("{}{messages}?at_least={position}", dev.url)), &bob).await;
    let said: Vec<&str> =
        history["messages"].as_array().expect("a page").iter().filter_map(|m| m["content"].as_str()).collect();
    assert_eq!(said, ["again", "are you there?"]);

    assert_eq!(dev.terminate(), Some(0), "{}", log_of(&directory.0));
    assert!(!directory.0.join(".threadline/postgres/data/postmaster.pid").exists(), "its Postgres is stopped");
}

#[tokio::test]
async fn where_others_can_ask_or_nobody_shall_no_token_is_given() {
    let directory = Directory::new("closed");
    let http = reqwest::Client::new();
    let refuses: [&[&str]; 2] =
        [&["--listen", "0.0.0.0:0"], &["--port", "0", "--set", "edge.development_tokens=false"]];
    for arguments in refuses {
        let dev = Dev::start_with(&directory, arguments);
        assert_eq!(sign_in(&http, &dev).await, None, "{arguments:?}");
        assert_eq!(dev.terminate(), Some(0), "{}", log_of(&directory.0));
    }
}

#[tokio::test]
async fn the_tools_find_a_running_dev_mode() {
    let directory = Directory::new("tools");
    let dev = Dev::start(&directory);

    let arguments = ["--threads", "3", "--members", "3", "--rate", "30", "--seconds", "1", "--warm-up", "0", "--raw"];
    let load = directory.run(&[&["load", "rooms", "--json", "--url", &dev.url][..], &arguments[..]].concat());
    assert!(load.status.success(), "{}", String::from_utf8_lossy(&load.stderr));
    let measured: Value = serde_json::from_slice(&load.stdout).expect("a JSON line");
    for (field, expected) in [("sent", 30), ("acknowledged", 30), ("deliveries", 60), ("missing", 0), ("skipped", 0)] {
        assert_eq!(measured[field], expected, "{field} in {measured}");
    }

    let line = |key: &str, second: u32, content: &str| {
        json!({"thread_key": key, "sender": format!("u{}", second % 3), "sent_at": format!("2020-01-01T00:00:{:02}Z", second / 2),
            "kind": "text", "content": content})
        .to_string()
    };
    let mut lines: Vec<String> = (0..40).map(|n| line("project_1", n, "same words")).collect();
    lines.push(line("project_2", 41, " "));
    fs::write(directory.0.join("old.jsonl"), lines.join("\n")).expect("a file");
    let refused = directory.run(&["import", "old.jsonl", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("old.jsonl, line 41, content: must not be empty; nothing was imported"), "{said}");
    for (created, present) in [(40, 0), (0, 40)] {
        let imported = directory.run(&["import", "old.jsonl", "--json", "--skip-bad"]);
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        let summary: Value = serde_json::from_slice(&imported.stdout).expect("a JSON line");
        assert_eq!(
            (&summary["messages_created"], &summary["messages_already_there"]),
            (&json!(created), &json!(present))
        );
        assert_eq!(summary["lines_skipped"], 1);
    }
}
