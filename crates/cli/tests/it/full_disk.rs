//! A disk that is really full: a small file system in memory. Claims are refused with -1, the log names the disk
//! once, and writes work again when there is space. Skipped if this user may not mount.

use crate::nodes::{Site, on_database};
use crate::support::{Server, create_app, groupon, kaquan, printed, refused};
use kaquan_testkit::{Cluster, Options, execute};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A file system of a few MiB.
struct SmallDisk {
    dir: TempDir,
}

impl SmallDisk {
    /// Mounts the file system; `None` if this user may not mount.
    #[expect(clippy::print_stdout, reason = "the output says why the test did nothing")]
    fn mount(mib: u32) -> Option<SmallDisk> {
        let dir = TempDir::new().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(dir.path());
        if mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return Some(SmallDisk { dir });
        }
        println!("skipped: this user may not mount a file system");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn fill(&self) {
        let mut ballast = File::create(self.path("ballast")).expect("a file");
        for size in [65_536, 4_096, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        std::fs::remove_file(self.path("ballast")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).status();
    }
}

fn metrics(host: &str) -> String {
    let mut stream = TcpStream::connect(host).expect("a connection");
    write!(stream, "GET /metrics HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

fn full_disks_counted(host: &str) -> u64 {
    let text = metrics(host);
    let line =
        text.lines().find_map(|line| line.strip_prefix("kaquan_store_failures_total{kind=\"disk_full\"} "));
    line.unwrap_or_else(|| panic!("{text}")).parse().expect("a number")
}

/// Claims on a server while its disk is full, and afterwards. Returns the server's log.
fn claim_on_a_full_disk(mut command: Command, disk: &SmallDisk, app: &crate::support::Credentials) -> String {
    let log = TempDir::new().expect("a folder");
    let log = log.path().join("log");
    command.stderr(File::create(&log).expect("a file"));
    let server = Server::spawn(command);
    let (token, mut client) = (server.token(app), server.connect());
    let card = client.must("/card/create", &token, groupon(100_000))["card_id"].clone();
    let mut number = 0;
    let mut claim = |client: &mut crate::support::Client| -> Value {
        number += 1;
        let claim = json!({"card_id": card, "openid": format!("o{number}")});
        client.post("/wallet/v1/claim", &token, &claim).expect("an answer")
    };
    assert_eq!(claim(&mut client)["errcode"], 0);
    disk.fill();
    // The pages of the store may still have free space.
    let refused = (0..5_000).find(|_| claim(&mut client)["errcode"] == -1).expect("the disk is full");
    for _ in 0..20 {
        assert_eq!(claim(&mut client)["errcode"], -1);
    }
    client.must("/card/get", &token, json!({"card_id": card}));
    assert!(full_disks_counted(&server.host) >= 20);
    disk.free();
    for _ in 0..20 {
        assert_eq!(claim(&mut client)["errcode"], 0);
    }
    let shown = client.must("/card/get", &token, json!({"card_id": card}));
    let left = shown["card"]["groupon"]["base_info"]["sku"]["quantity"].as_i64().expect("a number");
    let claimed = i64::from(1 + refused + 20);
    assert_eq!(left, 100_000 - claimed, "what was refused was not done, what was answered was");
    server.terminate();
    assert!(server.ended().success());
    std::fs::read_to_string(log).expect("the log")
}

fn is_said_once(log: &str, place: &str) {
    let lines = |words: &str| log.lines().filter(|line| line.contains(words)).collect::<Vec<_>>();
    let mut full = lines("the disk is full");
    full.retain(|line| !line.contains("node not ready"));
    assert!(full.len() == 1 && full[0].contains(place) && full[0].contains("Free space"), "{log}");
    assert_eq!(lines("writes work again").len(), 1, "{log}");
    assert!(lines("another node").is_empty() && lines("call failed").is_empty(), "{log}");
}

#[test]
fn a_full_disk_under_a_folder_is_logged_once_and_counted() {
    let Some(disk) = SmallDisk::mount(6) else { return };
    let data = disk.path("data");
    let app = create_app(&data, "shop");
    let log = claim_on_a_full_disk(
        kaquan(&data, &["serve", "--listen", "127.0.0.1:0", "--log", "warn"]),
        &disk,
        &app,
    );
    is_said_once(&log, data.to_str().expect("a name"));
}

#[test]
fn a_full_disk_under_a_database_is_logged_once_and_counted() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let space = disk.path("space");
    std::fs::create_dir(&space).expect("made");
    // PostgreSQL refuses to run as root, so its server runs as the user postgres.
    let owner = Command::new("id").args(["-u", "postgres"]).output().expect("id runs");
    let Ok(owner) = String::from_utf8_lossy(&owner.stdout).trim().parse() else {
        println!("skipped: this machine has no user postgres");
        return;
    };
    for above in [disk.dir.path(), &space] {
        std::fs::set_permissions(above, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("set");
    }
    chown(&space, Some(owner), None).expect("given");
    let (cluster, dir) =
        (Cluster::start(Options::Quick).expect("a server"), TempDir::new().expect("a folder"));
    execute(&cluster.url(), &format!("CREATE TABLESPACE small LOCATION '{}'", space.display()));
    let url = format!("{}?options=-c%20default_tablespace%3Dsmall", cluster.url());
    let app = Site::new(url.clone()).app;
    let serve = on_database(dir.path(), &url, &["serve", "--listen", "127.0.0.1:0", "--log", "warn"]);
    let log = claim_on_a_full_disk(serve, &disk, &app);
    is_said_once(&log, "database postgres on 127.0.0.1");
}

#[test]
fn commands_on_a_full_disk_name_the_file_and_can_be_run_again() {
    let Some(disk) = SmallDisk::mount(6) else { return };
    let shop = TempDir::new().expect("a folder");
    let app = create_app(shop.path(), "shop");
    let server = Server::start(shop.path());
    let (token, mut client) = (server.token(&app), server.connect());
    let card = client.must("/card/create", &token, groupon(100))["card_id"].clone();
    client.must("/wallet/v1/claim", &token, json!({"card_id": card, "openid": "o1"}));
    server.terminate();
    assert!(server.ended().success());
    disk.fill();
    let path = |name: &str| disk.path(name).to_str().expect("a name").to_owned();
    let from = format!("sqlite:{}", shop.path().display());
    let (backup, events, target, new) = (path("backup.db"), path("events.csv"), path("target"), path("new"));
    let to = format!("sqlite:{target}");
    let commands: [(&[&str], &Path, &str); 5] = [
        (&["backup", "--to", &backup], shop.path(), &backup),
        (&["events", "export", "--format", "csv", "-o", &events], shop.path(), &events),
        (&["copy", "--from", &from, "--to", &to], shop.path(), &target),
        (&["app", "create", "--name", "second"], Path::new(&new), &new),
        (&["restore", "--from", &backup], Path::new(&new), &new),
    ];
    for (args, data, file) in commands {
        if args[0] == "restore" {
            disk.free();
            printed(shop.path(), &["backup", "--to", &backup]);
            disk.fill();
        }
        let (code, said) = refused(data, args);
        let is_full = said.contains("the disk is full") || said.contains("No space left");
        assert!(code == Some(1) && is_full && said.contains(file), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    disk.free();
    for (args, data, _) in commands.into_iter().filter(|(args, ..)| args[0] != "backup") {
        printed(data, args);
    }
}
