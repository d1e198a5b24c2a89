//! Several nodes on one PostgreSQL, behind a small balancer: real processes, killed in the middle of a burst, and a real
//! database whose plug is pulled, or whose standby takes over. What was answered is there, once, and nothing else is.

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

/// A node: a process that serves, on no folder.
pub struct Node {
    process: Child,
    /// Where it listens.
    pub host: String,
}

/// The binary with these arguments, on a database.
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

    /// Starts a node with more flags.
    pub fn start_with(dir: &Path, url: &str, flags: &[&str]) -> Node {
        use std::io::{BufRead, BufReader};
        let args = ["serve", "--listen", "127.0.0.1:0", "--log", "error"];
        let mut command = on_database(dir, url, &args);
        // What it says while the database is away is not what a test is about.
        command.args(flags).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("kaquan runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("a line before it ends").expect("text");
        let host = line.strip_prefix("listening on http://").expect("where it listens").to_owned();
        Node { process, host }
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(id).status().expect("kill runs").success());
    }

    /// Waits until it has ended.
    pub fn ended(mut self) -> ExitStatus {
        self.process.wait().expect("ended")
    }

    /// Kills it: nothing it holds is written any more.
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

/// A database with an app in it, and a folder for what commands want one for.
pub struct Site {
    pub dir: TempDir,
    pub url: String,
    pub app: Credentials,
}

impl Site {
    /// Makes the tables and an app in a server's database.
    pub fn new(url: String) -> Site {
        let dir = TempDir::new().expect("a folder");
        let made = on_database(dir.path(), &url, &["app", "create", "--name", "nodes", "--json"]).output();
        let made = made.expect("kaquan runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let app = crate::support::credentials(&String::from_utf8(made.stdout).expect("text"));
        Site { dir, url, app }
    }

    /// A site on a whole server.
    pub fn on(cluster: &Cluster) -> Site {
        Site::new(cluster.url())
    }

    /// The first column of the first row a query finds.
    pub fn number(&self, sql: &str) -> i64 {
        kaquan_testkit::number(&self.url, sql)
    }

    pub fn node(&self) -> Node {
        Node::start(self.dir.path(), &self.url)
    }

    /// Runs a command that must do well and answers what it printed.
    pub fn printed(&self, args: &[&str]) -> String {
        let done = on_database(self.dir.path(), &self.url, args).output().expect("kaquan runs");
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    }
}
