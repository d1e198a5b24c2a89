//! A network of its own for a server, from which nothing comes back on command: as if the server's machine were gone.
//! Takes the rights to make network namespaces.

use std::io;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A network namespace with one address, which this machine reaches over a pair of virtual devices. It goes with the last
/// clone.
#[derive(Debug, Clone)]
pub struct Network(Arc<Namespace>);

#[derive(Debug)]
struct Namespace {
    name: String,
    /// Addresses of both ends: of this machine, and in the namespace.
    ends: [String; 2],
}

impl Network {
    /// Makes a network.
    ///
    /// # Errors
    /// There are no rights for it, or no `ip`.
    pub fn new() -> io::Result<Network> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let name = format!("kq{}x{number}", process % 1_000_000);
        // Of the block for benchmarks between networks, which nothing else uses.
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

    /// The address of what runs in it.
    pub fn address(&self) -> &str {
        &self.0.ends[1]
    }

    /// Nothing comes back any more: no reply, no acknowledgement, no refusal.
    ///
    /// # Panics
    ///
    /// When the network refuses.
    #[expect(clippy::expect_used, reason = "tests cannot go on without it")]
    pub fn vanish(&self) {
        let back = format!("{}/32", self.0.ends[0]);
        ip(&["-n", &self.0.name, "route", "add", "blackhole", &back]).expect("a route to nowhere");
    }

    /// The same command, run in it.
    pub(crate) fn within(&self, command: &Command) -> Command {
        let mut within = Command::new("ip");
        within.args(["netns", "exec", &self.0.name]).arg(command.get_program()).args(command.get_args());
        within
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // The devices go with it.
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
