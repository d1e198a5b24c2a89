//! `/readyz` always answers: 503 with the reason while writes cannot be committed, and later 200 again without help.

use crate::support::http::Response;
use crate::support::*;
use kaquan_core::engine::WorkingSet;
use kaquan_testkit::faulty::{Faults, Faulty};
use kaquan_testkit::{Cluster, Options};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The longest wait for a state before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);

fn readyz(server: &TestServer) -> Response {
    server.send("GET", "/readyz", &[], b"")
}

/// Repeats the request until `/readyz` has this status. Returns the last answer.
fn until(server: &TestServer, status: u16) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let response = readyz(server);
        if response.status == status {
            return response.json();
        }
        assert!(Instant::now() < deadline, "{} {}", response.status, response.text());
    }
}

fn metric(server: &TestServer, name: &str) -> String {
    let metrics = server.send("GET", "/metrics", &[], b"");
    let line = metrics.text().lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
    line.unwrap_or_else(|| panic!("{name} is missing: {}", metrics.text())).trim().to_owned()
}

fn reason(body: &Value) -> &str {
    assert_eq!(body["ready"], false, "{body}");
    body["reason"].as_str().unwrap_or_else(|| panic!("{body}"))
}

#[test]
fn a_node_is_not_ready_while_commits_fail_and_ready_after_it() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    let id = server.create(card("GROUPON"));
    assert_eq!((readyz(&server).status, metric(&server, "kaquan_store_writable")), (200, "1".to_owned()));
    faulty.set_down(true);
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), -1);
    let down = readyz(&server);
    assert_eq!((down.status, down.header("content-type")), (503, Some("application/json")));
    assert!(reason(&down.json()).contains("a store that is down"), "{}", down.text());
    assert_eq!(metric(&server, "kaquan_store_writable"), "0");
    assert_eq!(server.send("GET", "/healthz", &[], b"").status, 200);
    faulty.set_down(false);
    assert_eq!((readyz(&server).status, metric(&server, "kaquan_store_writable")), (200, "1".to_owned()));
}

#[test]
fn a_node_without_requests_finds_out_that_it_cannot_write() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    assert_eq!(readyz(&server).status, 200);
    faulty.set_down(true);
    until(&server, 503);
    faulty.set_down(false);
    until(&server, 200);
}

#[test]
fn one_batch_that_fails_does_not_make_a_node_unready() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    let id = server.create(card("GROUPON"));
    faulty.fail_commits(usize::MAX);
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), -1);
    faulty.fail_commits(0);
    assert_eq!(readyz(&server).status, 200);
}

/// Commits wait while the test holds this lock.
struct Gate(Arc<Mutex<()>>);

impl Faults for Gate {
    fn before_commit(&mut self, _: &[WorkingSet]) -> kaquan_store::Result<()> {
        drop(self.0.lock());
        Ok(())
    }
}

#[test]
fn readyz_answers_while_a_commit_hangs() {
    let (faulty, gate) = (Faulty::default(), Arc::new(Mutex::new(())));
    let server = TestServer::faulty(&faulty);
    let id = server.create(card("GROUPON"));
    faulty.set_faults(Gate(gate.clone()));
    let held = gate.lock().unwrap();
    std::thread::scope(|scope| {
        let target = format!("/wallet/v1/claim?access_token={}", server.token());
        let mut client = server.connect();
        let body = json!({"card_id": id, "openid": "oA"}).to_string();
        let claim = scope.spawn(move || client.send("POST", &target, &[], body.as_bytes()).json());
        let body = until(&server, 503);
        assert!(reason(&body).contains("has not ended"), "{body}");
        assert_eq!(metric(&server, "kaquan_store_writable"), "0");
        drop(held);
        assert_eq!(claim.join().unwrap()["errcode"], 0);
    });
    until(&server, 200);
}

/// A small disk for one test.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Mounts the disk; `None` if this process may not mount.
    fn mount() -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "kaquan-test"])
            .arg(folder.path())
            .output();
        mount.is_ok_and(|done| done.status.success()).then_some(SmallDisk { folder })
    }

    /// Writes a file until the disk is full. Returns the file.
    fn fill(&self) -> PathBuf {
        let path = self.folder.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

#[test]
fn a_node_on_a_full_disk_is_not_ready_until_there_is_room() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: mounting a tmpfs takes root");
        return;
    };
    let server = Start::default().start_in(tempfile::tempdir_in(disk.folder.path()).unwrap());
    let id = server.create(card("GROUPON"));
    let filler = disk.fill();
    // The last page of the WAL may have room for one more claim.
    let claim = |n: usize| server.post("/wallet/v1/claim", json!({"card_id": id, "openid": format!("o{n}")}));
    let refused = (0..100).map(claim).find(|reply| reply["errcode"] != 0).expect("the disk is full");
    assert_eq!(refused["errcode"], -1);
    let body = readyz(&server).json();
    assert!(reason(&body).contains("full"), "{body}");
    server.card(&id);
    std::fs::remove_file(filler).unwrap();
    assert_eq!(readyz(&server).status, 200);
    assert_eq!(claim(1000)["errcode"], 0);
}

#[test]
fn a_node_on_a_read_only_database_is_not_ready() {
    let Some(cluster) = cluster(Options::Quick) else { return };
    let server = Start::default().start_at(&cluster.url());
    let id = server.create(card("GROUPON"));
    let set = |value: &str| {
        kaquan_testkit::execute(
            &cluster.url(),
            &format!(
                "SET transaction_read_only = off; ALTER ROLE CURRENT_USER SET default_transaction_read_only = {value}"
            ),
        );
        kaquan_testkit::number(
            &cluster.url(),
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
    };
    set("on");
    let body = until(&server, 503);
    assert!(reason(&body).contains("read-only"), "{body}");
    server.card(&id);
    set("off");
    until(&server, 200);
    server.claim(&id, "oA");
}

#[test]
fn a_node_whose_database_is_gone_says_so_and_comes_back() {
    let Some(cluster) = cluster(Options::Durable) else { return };
    let server = Start::default().start_at(&cluster.url());
    let id = server.create(card("GROUPON"));
    assert_eq!(readyz(&server).status, 200);
    cluster.crash().unwrap();
    until(&server, 503);
    assert_eq!(metric(&server, "kaquan_store_writable"), "0");
    cluster.resume().unwrap();
    until(&server, 200);
    server.claim(&id, "oA");
}

/// A PostgreSQL server for one test; `None` if tests run without PostgreSQL.
fn cluster(options: Options) -> Option<Cluster> {
    if kaquan_testkit::is_left_out() {
        return None;
    }
    Some(Cluster::start(options).unwrap())
}
