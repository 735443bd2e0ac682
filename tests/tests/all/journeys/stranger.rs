//! A client nobody here wrote: Python's `websockets`, on two edges.

use std::path::{Path, PathBuf};
use std::process::Command;
use threadline_tests::cluster::Cluster;
use threadline_tests::token::token;

/// Where `make test` puts a Python that has `websockets`, seen from the repository; the machine's own may have it too.
const PYTHON: &str = ".threadline/python/bin/python3";

pub(super) async fn a_client_nobody_here_wrote(cluster: &Cluster) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the repository");
    let Some(python) = [root.join(PYTHON), PathBuf::from("python3")].into_iter().find(has_websockets) else {
        assert!(std::env::var_os("CI").is_none(), "there is no Python with websockets, and CI leaves nothing out");
        println!("SKIPPED the Python client: no python3 with the package websockets (make test installs it)");
        return;
    };
    let mut command = Command::new(python);
    command.arg(root.join("tests/clients/two_edges.py")).args([cluster.edge(0), cluster.edge(1)]);
    command.env("ANN_TOKEN", token("ann.python")).env("BOB_TOKEN", token("bob.python"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic in between");
    let output = output.expect("Python runs");
    let (said, complained) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}");
    assert_eq!(said.lines().last(), Some("all as it should be"), "{said}\n{complained}");
}

fn has_websockets(python: &PathBuf) -> bool {
    let output = Command::new(python).args(["-c", "import websockets.sync.client"]).output();
    output.is_ok_and(|output| output.status.success())
}
