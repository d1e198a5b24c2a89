//! Several nodes on one PostgreSQL, behind a small load balancer. Real processes are killed in the middle of a burst,
//! and a real database crashes or fails over to its standby. Every confirmed change must exist once, and no other
//! change may exist.

pub mod balancer;
pub mod burst;
mod failover;
mod few_connections;
mod first_start;
mod jobs;
mod kills;
mod silence;
mod stop;
mod together;

use crate::support::{Credentials, kaquan};
use kaquan_testkit::Cluster;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use tempfile::TempDir;

/// A node: a process that serves without a data folder.
pub struct Node {
    process: Child,
    /// The address of the node.
    pub host: String,
}

/// A command of the binary with these arguments, on a database.
pub fn on_database(dir: &Path, url: &str, args: &[&str]) -> Command {
    let mut command = kaquan(dir, args);
    command.env("KAQUAN_DATABASE", url);
    command
}

impl Node {
    /// Starts a node and waits until it listens.
    pub fn start(dir: &Path, url: &str) -> Node {
        Node::start_with(dir, url, &[])
    }

    /// Starts a node with additional flags.
    pub fn start_with(dir: &Path, url: &str, flags: &[&str]) -> Node {
        use std::io::{BufRead, BufReader};
        let args = ["serve", "--listen", "127.0.0.1:0", "--log", "error"];
        let mut command = on_database(dir, url, &args);
        // The node also logs errors while the database is unreachable. They do not matter in these tests.
        command.args(flags).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("kaquan runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("a line before it ends").expect("text");
        let host = line.strip_prefix("listening on http://").expect("where it listens").to_owned();
        Node { process, host }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(id).status().expect("kill runs").success());
    }

    /// Waits until the process has ended.
    pub fn ended(mut self) -> ExitStatus {
        self.process.wait().expect("ended")
    }

    /// Kills the process. It writes nothing more.
    pub fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A database with an app, and a folder for commands that need one.
pub struct Site {
    pub dir: TempDir,
    pub url: String,
    pub app: Credentials,
}

impl Site {
    /// Creates the tables and an app in the database of a server.
    pub fn new(url: String) -> Site {
        let dir = TempDir::new().expect("a folder");
        let made = on_database(dir.path(), &url, &["app", "create", "--name", "nodes", "--json"]).output();
        let made = made.expect("kaquan runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let app = crate::support::credentials(&String::from_utf8(made.stdout).expect("text"));
        Site { dir, url, app }
    }

    /// A site on its own server.
    pub fn on(cluster: &Cluster) -> Site {
        Site::new(cluster.url())
    }

    /// Runs a query and returns the first column of its first row.
    pub fn number(&self, sql: &str) -> i64 {
        kaquan_testkit::number(&self.url, sql)
    }

    pub fn node(&self) -> Node {
        Node::start(self.dir.path(), &self.url)
    }

    /// Runs a command that must succeed, and returns its output.
    pub fn printed(&self, args: &[&str]) -> String {
        let done = on_database(self.dir.path(), &self.url, args).output().expect("kaquan runs");
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    }
}
