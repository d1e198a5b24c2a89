//! A separate network for a server. On command, nothing comes back from it, as if the server's machine were lost.
//! Needs the right to create network namespaces.

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A network namespace with one address, which this machine reaches over a pair of virtual devices. The namespace is
/// deleted when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Network(Arc<Namespace>);

#[derive(Debug)]
struct Namespace {
    name: String,
    /// The two addresses: of this machine, and in the namespace.
    ends: [String; 2],
}

impl Network {
    /// Creates a network.
    ///
    /// # Errors
    /// The process lacks the rights, or the program `ip` is missing.
    pub fn new() -> io::Result<Network> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let name = format!("kq{}x{number}", process % 1_000_000);
        // From the address block for network benchmarks, which no real network uses.
        let block = format!("198.18.{}", (process + number) % 256);
        let namespace = Namespace { ends: [format!("{block}.1"), format!("{block}.2")], name };
        let Namespace { name, ends: [here, there] } = &namespace;
        ip(&["netns", "add", name])?;
        let (outer, inner) = (format!("{name}a"), format!("{name}b"));
        ip(&["link", "add", &outer, "type", "veth", "peer", "name", &inner, "netns", name])?;
        ip(&["addr", "add", &format!("{here}/30"), "dev", &outer])?;
        ip(&["link", "set", &outer, "up"])?;
        ip(&["-n", name, "addr", "add", &format!("{there}/30"), "dev", &inner])?;
        ip(&["-n", name, "link", "set", &inner, "up"])?;
        Ok(Network(Arc::new(namespace)))
    }

    /// The address of servers in this network.
    pub fn address(&self) -> &str {
        &self.0.ends[1]
    }

    /// From now on, nothing comes back from the network: no reply, no acknowledgement, no refusal.
    ///
    /// # Panics
    ///
    /// The command `ip` fails.
    #[expect(clippy::expect_used, reason = "tests cannot go on without it")]
    pub fn vanish(&self) {
        let back = format!("{}/32", self.0.ends[0]);
        ip(&["-n", &self.0.name, "route", "add", "blackhole", &back]).expect("a route to nowhere");
    }

    /// The same command, run in this network.
    pub(crate) fn within(&self, command: &Command) -> Command {
        let mut within = Command::new("ip");
        within.args(["netns", "exec", &self.0.name]).arg(command.get_program()).args(command.get_args());
        within
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The devices are deleted together with the namespace.
        let _ = ip(&["netns", "del", &self.name]);
    }
}

fn ip(args: &[&str]) -> io::Result<()> {
    let done = Command::new("ip").args(args).stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    match done.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&done.stderr).trim().to_owned())),
    }
}
