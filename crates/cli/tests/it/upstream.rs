//! `kaquan app upstream` and `kaquan secret-key`: the original host of an app, and the key that encrypts its secrets. Also
//! the memory of a server whose callers are slow.

use crate::support::{Server, create_app, kaquan, printed, refused};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

const SECRET: &str = "real-secret-of-the-account";
const SET: [&str; 7] = ["app", "upstream", "set", "--original-appid", "wxreal", "--secret", SECRET];

/// Writes a file with these keys.
fn key_file(dir: &Path, keys: &[&str]) -> PathBuf {
    let path = dir.join("secret.key");
    std::fs::write(&path, keys.join("\n")).expect("a file");
    path
}

fn new_key(dir: &Path) -> String {
    printed(dir, &["secret-key", "create"]).trim().to_owned()
}

/// Whether a file of the folder has this text in it.
fn is_in_a_file(dir: &Path, text: &str) -> bool {
    let has = |path: PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    std::fs::read_dir(dir).expect("a folder").any(|entry| has(entry.expect("an entry").path()))
}

#[test]
fn an_upstream_is_set_shown_and_removed_and_its_secret_is_in_no_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    create_app(&data, "shop");
    let (_, error) = refused(&data, &SET);
    assert!(error.contains("KAQUAN_SECRET_KEY") && !error.contains(SECRET), "{error}");
    let keys = key_file(dir.path(), &[&new_key(&data)]);
    let with_key = ["--secret-key-file", keys.to_str().expect("text")];
    let run = |args: &[&str]| printed(&data, &[args, &with_key].concat());
    let set: Value = serde_json::from_str(&run(&[&SET[..], &["--json"]].concat())).expect("JSON");
    assert_eq!((&set["url"], &set["has_secret"]), (&json!("https://api.weixin.qq.com"), &json!(true)));
    run(&[
        "app",
        "upstream",
        "set",
        "--refuse",
        "/cgi-bin/menu/,/wxa/",
        "--wxcard",
        "refuse",
        "--timeout",
        "5",
    ]);
    let shown = run(&["app", "upstream", "show"]);
    assert!(shown.contains("/cgi-bin/menu/,/wxa/") && shown.contains("wxreal"), "{shown}");
    assert!(!shown.contains(SECRET) && !is_in_a_file(&data, SECRET));
    let elsewhere = [&["app", "upstream", "set", "--url", "https://thief.example"], &with_key[..]].concat();
    assert!(refused(&data, &elsewhere).1.contains("secret"));
    run(&["app", "upstream", "remove"]);
    assert!(run(&["app", "upstream", "show"]).contains("no upstream"));
}

#[test]
fn a_key_is_replaced_by_a_new_one_and_the_old_one_opens_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    create_app(&data, "shop");
    let (old, new) = (new_key(&data), new_key(&data));
    let run = |keys: &[&str], args: &[&str]| {
        let file = key_file(dir.path(), keys);
        let mut command = kaquan(&data, args);
        command.env("KAQUAN_SECRET_KEY_FILE", file).output().expect("kaquan runs")
    };
    assert!(run(&[&old], &SET).status.success());
    assert!(!run(&[&new], &["app", "upstream", "show"]).status.success());
    for count in ["1 upstreams", "0 upstreams"] {
        let rotated = run(&[&new, &old], &["secret-key", "rotate"]);
        assert!(String::from_utf8_lossy(&rotated.stdout).contains(count), "{rotated:?}");
    }
    assert!(run(&[&new], &["app", "upstream", "show"]).status.success());
    assert!(!run(&[&old], &["app", "upstream", "show"]).status.success());
    let by_variable = kaquan(&data, &["app", "upstream", "show"]).env("KAQUAN_SECRET_KEY", &new).output();
    assert!(by_variable.expect("kaquan runs").status.success());
}

const TOKEN: &str = "REAL-TOKEN-0123456789";
const ANSWER: usize = 20 * 1024 * 1024;

/// An original host that issues a token, and answers every other call with 20 MB.
fn original() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    let read = stream.read(&mut chunk).unwrap_or_default();
                    if read == 0 {
                        return;
                    }
                    request.extend_from_slice(&chunk[..read]);
                }
                let head = |length| {
                    format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n")
                };
                if request.starts_with(b"POST /cgi-bin/stable_token") {
                    let token = json!({"access_token": TOKEN, "expires_in": 7200}).to_string();
                    let _ = stream.write_all(format!("{}{token}", head(token.len())).as_bytes());
                    return;
                }
                let _ = stream.write_all(head(ANSWER).as_bytes());
                for _ in 0..ANSWER / (64 * 1024) {
                    if stream.write_all(&[b'x'; 64 * 1024]).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

/// The largest memory that a process has used so far, in bytes.
fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<usize>().ok()).expect("kB") * 1024
}

#[test]
fn large_answers_pass_without_being_in_memory() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let app = create_app(&data, "shop");
    let file = key_file(dir.path(), &[&new_key(&data)]);
    let with_key = ["--secret-key-file", file.to_str().expect("text")];
    let url = original();
    printed(&data, &[&SET[..], &["--url", &url], &with_key].concat());
    let server = Server::start_with(&data, &[&["--upstream-private"], &with_key[..]].concat());
    let token = server.token(&app);
    let call = || {
        let mut stream = TcpStream::connect(&server.host).expect("it listens");
        let head = format!(
            "GET /cgi-bin/media/get?access_token={token} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        stream
    };
    let mut whole = Vec::new();
    call().read_to_end(&mut whole).expect("a whole answer");
    assert!(whole.len() > ANSWER && whole.ends_with(b"xxxx"), "{}", whole.len());
    let before = peak_memory(server.id());
    // All answers have begun, and no caller reads more than a byte.
    let mut callers: Vec<TcpStream> = (0..15).map(|_| call()).collect();
    for caller in &mut callers {
        caller.read_exact(&mut [0]).expect("a byte");
    }
    let grown = peak_memory(server.id()) - before;
    assert!(grown < ANSWER, "{} kB more for {} answers of 20 MB", grown / 1024, callers.len());
}

#[test]
fn no_secret_is_in_the_log_however_much_is_logged() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let app = create_app(&data, "shop");
    let file = key_file(dir.path(), &[&new_key(&data)]);
    let (url, log) = (original(), dir.path().join("log"));
    let mut command =
        kaquan(&data, &["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--upstream-private"]);
    command.env("KAQUAN_SECRET_KEY_FILE", &file).stderr(std::fs::File::create(&log).expect("a file"));
    let server = Server::spawn(command);
    let token = server.token(&app);
    let set = json!({"url": url, "appid": "wxreal", "secret": SECRET});
    server.connect().must("/kaquan/v1/upstream/set", &token, set);
    let get = |target: &str| {
        let mut stream = TcpStream::connect(&server.host).expect("it listens");
        let head = format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("a whole answer");
        answer.len()
    };
    assert!(get(&format!("/cgi-bin/media/get?access_token={token}")) > ANSWER);
    let by_secret = format!("/sns/oauth2/access_token?appid={}&secret={}&code=C", app.appid, app.secret);
    assert!(get(&by_secret) > ANSWER);
    // No host listens at this address.
    let set = json!({"url": "http://127.0.0.1:1", "secret": SECRET});
    server.connect().must("/kaquan/v1/upstream/set", &token, set);
    assert!(get(&format!("/cgi-bin/media/get?access_token={token}")) < 1000);
    assert!(get(&by_secret) < 1000);
    server.terminate();
    server.ended();
    let log = std::fs::read_to_string(&log).expect("text");
    assert!(log.contains("call passed on") && log.contains("token of the original host renewed"), "{log}");
    for (what, secret) in
        [("token", token.as_str()), ("secret", &app.secret), ("real token", TOKEN), ("real secret", SECRET)]
    {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "the {what} is in the log: {line:?}");
    }
}
