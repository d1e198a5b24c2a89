//! `kaquan demo` as its users see it: a real process on a folder that does not exist yet, the lines that it prints,
//! and the folder after a second start or a kill.

#![allow(clippy::unwrap_used, reason = "helpers of tests, outside of any test function")]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running demo. Dropping it kills the process.
struct Demo {
    process: Child,
    /// The printed lines, up to the one with the address.
    printed: Vec<String>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(data: &Path, days: u32, holders: u32) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaquan"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--log", "error"]);
    command.arg("--data").arg(data);
    command.arg("--days").arg(days.to_string()).arg("--holders").arg(holders.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

impl Demo {
    fn start(data: &Path) -> Demo {
        let mut process = command(data, 5, 60).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut printed = Vec::new();
        for line in lines {
            printed.push(line.unwrap());
            if printed.last().unwrap().starts_with("listening on") {
                return Demo { process, printed };
            }
        }
        panic!("ended with {:?} after {printed:#?}", process.wait());
    }

    fn after(&self, label: &str) -> &str {
        let line = self.printed.iter().find_map(|line| line.strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {:#?}", self.printed)).trim()
    }

    /// Makes the request of each printed curl line. Returns the path and the answer of each.
    fn follow_the_lines(&self) -> Vec<(String, Value)> {
        let lines = self.printed.iter().filter_map(|line| line.strip_prefix("curl -s "));
        let answer = |line: &str| {
            let parts: Vec<&str> = line.split('\'').collect();
            let [_, url, " -d ", body, ""] = parts[..] else { panic!("no curl line: {line}") };
            let url = url.strip_prefix("http://").unwrap();
            let (host, path) = url.split_at(url.find('/').unwrap());
            (path.split('?').next().unwrap().to_owned(), post(host, path, body))
        };
        lines.map(answer).collect()
    }

    fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

fn post(host: &str, path: &str, body: &str) -> Value {
    let mut stream = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {}",
        body.len()
    );
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

/// The number of rows and the sums of the first report.
fn totals(answers: &[(String, Value)]) -> Vec<i64> {
    let (_, report) = answers.iter().find(|(path, _)| path == "/datacube/getcardbizuininfo").unwrap();
    let rows = report["list"].as_array().unwrap();
    let sum = |key: &str| rows.iter().map(|row| row[key].as_i64().unwrap()).sum();
    vec![rows.len() as i64, sum("view_cnt"), sum("receive_cnt"), sum("verify_cnt"), sum("view_user")]
}

#[test]
fn every_line_it_prints_works_and_a_second_start_finds_the_same_data() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let first = Demo::start(&data);
    let answers = first.follow_the_lines();
    let paths: Vec<&str> = answers.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/cgi-bin/stable_token",
            "/card/update",
            "/card/get",
            "/wallet/v1/claim",
            "/datacube/getcardbizuininfo",
            "/datacube/getcardcardinfo",
            "/datacube/getcardmembercardinfo",
            "/datacube/getcardmembercarddetail",
        ]
    );
    for (path, answer) in &answers {
        assert_eq!(answer.get("errcode").and_then(Value::as_i64).unwrap_or(0), 0, "{path}: {answer}");
        if path.starts_with("/datacube/") {
            assert!(!answer["list"].as_array().unwrap().is_empty(), "{path}: {answer}");
        }
    }
    assert_eq!(answers[0].1["access_token"], first.after("access token"));
    assert_eq!(answers[1].1["send_check"], true);
    assert_eq!(answers[2].1["card"]["card_type"], "GROUPON");
    let known = ["app id", "app secret", "access token"].map(|label| first.after(label).to_owned());
    first.stop();

    let second = Demo::start(&data);
    assert_eq!(["app id", "app secret", "access token"].map(|label| second.after(label)), known);
    assert_eq!(totals(&second.follow_the_lines()), totals(&answers));
    second.stop();
}

#[test]
fn a_filling_that_was_killed_starts_over() {
    let dir = tempfile::tempdir().unwrap();
    // Far more days than can be filled before the kill below.
    let mut killed = command(dir.path(), 366, 20_000).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(killed.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("filling: day 1 of 366"), "{line}");
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(dir.path().join(".filling").is_dir() && !dir.path().join("demo.json").exists());

    let demo = Demo::start(dir.path());
    assert!(!dir.path().join(".filling").exists());
    assert!(demo.printed[0].contains(" 60 holders"), "{}", demo.printed[0]);
    assert_eq!(totals(&demo.follow_the_lines())[0], 5);
}

#[test]
fn a_taken_port_is_reported_before_a_folder_is_filled() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("demo");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaquan"));
    command.args(["demo", "--listen", &taken.local_addr().unwrap().to_string()]).arg("--data").arg(&data);
    let output = command.output().unwrap();
    assert!(!output.status.success() && !data.exists());
    let output = String::from_utf8(output.stderr).unwrap();
    assert!(output.contains("--listen"), "{output}");
}
