//! A `kaquan serve` for one run: an empty data folder or database, a free port, and one app.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::Target;
use crate::tally::Tally;
use crate::{Result, json, process, workspace};

/// The longest time until the server listens, and until it has stopped.
const PATIENCE: Duration = Duration::from_secs(30);
/// The key for the secrets of stand-ins; it is no secret.
const SECRET_KEY: &str = "Q29uZm9ybWFuY2Ugc3VpdGVzIHVzZSB0aGlzIGtleSE=";
const READY: &str = "listening on ";

/// A running server. It is killed if it is dropped without [`Server::stop`].
pub struct Server {
    /// The address of the server, and an app on it.
    pub target: Target,
    child: Running,
    folder: PathBuf,
}

/// A child process that is killed when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail if the child has already ended, which is fine.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Creates an app, starts the server, and waits until it listens.
    pub fn start(kaquan: &Path, database: Option<&str>) -> Result<Self> {
        let folder = workspace::scratch()?.join(format!("conformance-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let data = folder.join("data");
        let (appid, secret) = create_app(kaquan, &data, database)?;
        let mut command = Command::new(kaquan);
        // The receivers of the suites, and their stand-ins for WeChat, run on this machine.
        command.args(["serve", "--listen", "127.0.0.1:0", "--push-private", "--upstream-private", "--data"]);
        command.arg(&data).env("KAQUAN_SECRET_KEY", SECRET_KEY);
        command.envs(database.map(|url| ("KAQUAN_DATABASE", url)));
        let log = std::fs::File::create(folder.join("log"))?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut child = Running(child);
        let Some(base_url) = address(&mut child.0) else {
            return Err(format!("kaquan serve does not listen; its log:\n{}", log_of(&folder)).into());
        };
        println!("kaquan listens on {base_url}");
        Ok(Self { target: Target { base_url, appid, secret }, child, folder })
    }

    /// Stops the server as a service manager does, and counts whether it ended properly. If anything failed, its
    /// files are kept.
    pub fn stop(mut self, suites_ok: bool) -> Result<Tally> {
        let pid = self.child.0.id().to_string();
        // `kill` is a built-in command of the shell; a small Debian has no program of this name.
        process::succeeds("sh", ["-c", "kill -TERM \"$0\"", &pid]);
        let status = wait(&mut self.child.0)?;
        let stopped = status.is_some_and(|status| status.success());
        match status {
            Some(status) if stopped => println!("ok - kaquan stops on SIGTERM ({status})"),
            Some(status) => println!("not ok - kaquan stops on SIGTERM ({status})"),
            None => {
                println!("not ok - kaquan stops on SIGTERM (still running after {} s)", PATIENCE.as_secs())
            }
        }
        if stopped && suites_ok {
            std::fs::remove_dir_all(&self.folder)?;
        } else {
            println!("the server's log, whole in {}:\n{}", self.folder.display(), log_of(&self.folder));
        }
        Ok(Tally::check(stopped))
    }
}

fn create_app(kaquan: &Path, data: &Path, database: Option<&str>) -> Result<(String, String)> {
    let mut command = Command::new(kaquan);
    command
        .args(["app", "create", "--name", "conformance", "--review", "auto", "--json", "--data"])
        .arg(data)
        .envs(database.map(|url| ("KAQUAN_DATABASE", url)));
    let mut reply = String::new();
    let ok = process::read(&mut command, |line| reply += line)?;
    match (json::string(&reply, "appid"), json::string(&reply, "secret")) {
        (Some(appid), Some(secret)) if ok => Ok((appid, secret)),
        _ => Err(format!("kaquan app create does not print an appid and a secret: {reply}").into()),
    }
}

/// Waits for the line with the server's address. The rest of its output is read and dropped, so that the pipe is
/// never closed or full.
fn address(child: &mut Child) -> Option<String> {
    let stdout = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
            if let Some(address) = line.strip_prefix(READY) {
                // The receiver is dropped after the address is known.
                let _ = sender.send(address.trim().to_owned());
            }
        }
    });
    receiver.recv_timeout(PATIENCE).ok()
}

fn wait(child: &mut Child) -> Result<Option<ExitStatus>> {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(None)
}

/// The end of the log.
fn log_of(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}
