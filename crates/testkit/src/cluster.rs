//! A PostgreSQL server for one test. The test can kill it, start it again, copy it to a standby, and promote the
//! standby. A small shell waits until this process ends, even by a signal, and then removes all files.

use crate::network::Network;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{fs, io};
use tempfile::TempDir;

/// The role that owns all objects; it needs no password.
const ROLE: &str = "kaquan";

/// How a server is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Options {
    /// Without syncing to the disk: for tests that never crash the server.
    Quick,
    /// As in production: committed data survives a crash.
    Durable,
}

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    dir: PathBuf,
    bin: PathBuf,
    host: String,
    port: u16,
    user: Option<User>,
    /// The network of the server; `None` for the machine's own network.
    network: Option<Network>,
    // Its shell ends when this field is dropped, because its input is then closed.
    _watch: Watch,
}

/// The user of the server process if the test runs as root: PostgreSQL refuses to run as root.
#[derive(Debug, Clone)]
struct User {
    name: &'static str,
    uid: u32,
    gid: u32,
}

#[derive(Debug)]
struct Watch(Child);

/// The folder of PostgreSQL's programs: the newest version that Debian has installed, or the folder that `pg_config`
/// reports.
pub fn bin_dir() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin): &(u32, PathBuf)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Some(bin);
    }
    let said = Command::new("pg_config").arg("--bindir").output().ok()?;
    let bin = PathBuf::from(String::from_utf8(said.stdout).ok()?.trim());
    bin.join("initdb").exists().then_some(bin)
}

impl Cluster {
    /// Creates and starts a server.
    ///
    /// # Errors
    ///
    /// PostgreSQL is not installed, or does not start.
    pub fn start(options: Options) -> io::Result<Cluster> {
        Cluster::start_with(options, "")
    }

    /// As [`Cluster::start`], with additional lines of configuration.
    pub fn start_with(options: Options, lines: &str) -> io::Result<Cluster> {
        Cluster::prepared()?.begin(options, lines)
    }

    /// As [`Cluster::start`], in this network.
    pub fn start_in(options: Options, network: &Network) -> io::Result<Cluster> {
        let cluster = Cluster {
            host: network.address().to_owned(),
            network: Some(network.clone()),
            ..Cluster::prepared()?
        };
        cluster.begin(options, "")
    }

    fn begin(self, options: Options, lines: &str) -> io::Result<Cluster> {
        let cluster = self;
        let data = cluster.data();
        cluster.run(
            "initdb",
            &["-D", &data, "-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        )?;
        let mut config = String::from(
            "max_connections = 400\nshared_buffers = '128MB'\n\
             max_wal_size = '2GB'\nlog_min_messages = fatal\n",
        );
        if options == Options::Quick {
            config.push_str(
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n",
            );
        }
        config.push_str(&cluster.listen());
        config.push_str(lines);
        cluster.configure(&config)?;
        if cluster.network.is_some() {
            let rule = format!("host all all {}/24 trust\n", cluster.host);
            append(&cluster.path("data/pg_hba.conf"), &rule)?;
        }
        cluster.resume()?;
        Ok(cluster)
    }

    /// A folder for the server, a free port, and a user who may run it.
    fn prepared() -> io::Result<Cluster> {
        let bin = bin_dir().ok_or_else(|| {
            io::Error::other(
                "PostgreSQL 15 or newer is not installed: apt-get install postgresql, or name a server in \
                 KAQUAN_TEST_POSTGRES",
            )
        })?;
        let user = user()?;
        let dir = TempDir::with_prefix("kaquan-postgres-")?.keep();
        if let Some(User { uid, gid, .. }) = user {
            chown(&dir, Some(uid), Some(gid))?;
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let watch = Watch::over(&dir, &bin, user.as_ref())?;
        let host = "127.0.0.1".to_owned();
        Ok(Cluster { dir, bin, host, port, user, network: None, _watch: watch })
    }

    #[cfg(feature = "sql")]
    /// Starts a standby of this server. With `synchronous`, the server completes a commit only after the standby has
    /// it.
    pub fn standby(&self, synchronous: bool) -> io::Result<Cluster> {
        let standby = Cluster::prepared()?;
        let socket = self.dir.display();
        let from = format!("host={socket} port={} user={ROLE} application_name=standby", self.port);
        let data = standby.data();
        standby.run(
            "pg_basebackup",
            &["-D", &data, "-d", &from, "-R", "-X", "stream", "-c", "fast", "--no-sync"],
        )?;
        standby.configure(&standby.listen())?;
        standby.resume()?;
        if synchronous {
            self.configure("synchronous_standby_names = 'standby'\n")?;
            self.run("pg_ctl", &["-D", &self.data(), "reload"])?;
            let waits_for_it = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            while crate::number(&self.url(), waits_for_it) == 0 {
                std::thread::yield_now();
            }
        }
        Ok(standby)
    }

    /// The address of the server: `postgres://…`.
    pub fn url(&self) -> String {
        self.url_as(ROLE)
    }

    /// The address for another role.
    pub fn url_as(&self, role: &str) -> String {
        format!("postgres://{role}@{}:{}/postgres", self.host, self.port)
    }

    /// The server's port on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Crashes the server: `pg_ctl -m immediate stop`.
    pub fn crash(&self) -> io::Result<()> {
        self.run("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"])
    }

    /// Starts the server after a crash.
    pub fn resume(&self) -> io::Result<()> {
        let (log, options) = (self.path("log"), format!("-k {} -p {}", self.dir.display(), self.port));
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-s", "-l", &log, "-o", &options, "start"])
    }

    /// Promotes a standby, which then accepts writes.
    pub fn promote(&self) -> io::Result<()> {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "promote"])
    }

    fn configure(&self, lines: &str) -> io::Result<()> {
        append(&self.path("data/postgresql.auto.conf"), lines)
    }

    fn listen(&self) -> String {
        format!("listen_addresses = '{}'\n", self.host)
    }

    fn data(&self) -> String {
        self.path("data")
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).display().to_string()
    }

    fn run(&self, program: &str, args: &[&str]) -> io::Result<()> {
        let mut command = as_user(self.user.as_ref(), &self.bin.join(program));
        if let Some(network) = &self.network {
            command = network.within(&command);
        }
        let done = command
            .args(args)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // The output goes to a file: the server keeps running and would keep a pipe of this process open.
        let errors = self.dir.join(format!("{program}.err"));
        let file = fs::File::create(&errors)?;
        let status = done.stderr(file).status()?;
        match status.success() {
            true => Ok(()),
            false => {
                let said = fs::read_to_string(&errors).unwrap_or_default();
                let log = fs::read_to_string(self.path("log")).unwrap_or_default();
                Err(io::Error::other(format!("{program}: {status}\n{said}\n{log}")))
            }
        }
    }
}

impl Watch {
    fn over(dir: &Path, bin: &Path, user: Option<&User>) -> io::Result<Watch> {
        let (dir, bin) = (dir.display(), bin.display());
        let script = format!(
            "trap '' INT HUP; cat >/dev/null; '{bin}/pg_ctl' -D '{dir}/data' -m immediate stop; rm -rf '{dir}'"
        );
        let mut command = as_user(user, Path::new("sh"));
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Watch(command.current_dir("/").spawn()?))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn append(path: &str, lines: &str) -> io::Result<()> {
    use io::Write as _;
    fs::File::options().append(true).create(true).open(path)?.write_all(lines.as_bytes())
}

fn as_user(user: Option<&User>, program: &Path) -> Command {
    match user {
        Some(user) => {
            let mut command = Command::new("runuser");
            command.args(["-u", user.name, "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Another user than root, if this process runs as root.
fn user() -> io::Result<Option<User>> {
    if id(&["-u"])? != 0 {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Ok(uid), Ok(gid)) = (id(&["-u", name]), id(&["-g", name])) {
            return Ok(Some(User { name, uid, gid }));
        }
    }
    Err(io::Error::other(
        "PostgreSQL does not run as root, and this machine has neither the user postgres nor nobody",
    ))
}

fn id(args: &[&str]) -> io::Result<u32> {
    let said = Command::new("id").args(args).stderr(Stdio::null()).output()?;
    String::from_utf8_lossy(&said.stdout).trim().parse().map_err(io::Error::other)
}
