//! Limits of the process: callers with a token are answered even if idle connections use up every open file, and the
//! server raises the soft limit of open files at its start.

use crate::support::{Client, Server, create_app, groupon};
use serde_json::json;
use std::net::TcpStream;

/// How many files the server may open.
const OPEN_FILES: usize = 256;

#[test]
fn a_caller_is_answered_despite_more_idle_connections_than_files() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start_after(dir.path(), &format!("ulimit -n {OPEN_FILES}"));
    let connect = || TcpStream::connect(&server.host).expect("a connection");
    let mut idle: Vec<TcpStream> = (0..OPEN_FILES + 50).map(|_| connect()).collect();
    let (mut client, token) = (server.connect(), server.token(&app));
    let card = client.must("/card/create", &token, groupon(100))["card_id"].clone();
    for n in 0..20 {
        idle.extend((0..10).map(|_| connect()));
        let claim = json!({"openid": format!("o{n}"), "card_id": card});
        let mut client: Client = server.connect();
        client.must("/wallet/v1/claim", &token, claim);
    }
}

#[test]
fn the_soft_limit_of_open_files_becomes_the_hard_one() {
    let dir = tempfile::tempdir().expect("a folder");
    create_app(dir.path(), "shop");
    let server = Server::start_after(dir.path(), &format!("ulimit -S -n {OPEN_FILES}"));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).expect("its limits");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("a line");
    let limits: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(limits[0], limits[1], "{line}");
    assert_ne!(limits[0], OPEN_FILES.to_string(), "{line}");
}
