//! A real `kaquan` on a real folder, and a client that speaks plain HTTP over one open connection, as a merchant's
//! server does. An answer counts only when all of it has arrived.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

/// A command of the binary with these arguments on this folder, without environment variables.
pub fn kaquan(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kaquan"));
    let names = std::env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.to_string_lossy().starts_with("KAQUAN_")).for_each(|name| {
        command.env_remove(name);
    });
    command.args(args).arg("--data").arg(data);
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, args: &[&str]) -> Output {
    kaquan(data, args).output().expect("kaquan runs")
}

/// Runs a command that must succeed, and returns its output.
pub fn printed(data: &Path, args: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(data, args);
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

/// Runs a command that must fail, and returns its exit code and its error.
pub fn refused(data: &Path, args: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = run(data, args);
    assert!(!status.success(), "{args:?} did well");
    (status.code(), String::from_utf8(stderr).expect("text"))
}

/// An app's credentials.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub appid: String,
    pub secret: String,
}

/// Creates an app, whether or not a server runs.
pub fn create_app(data: &Path, name: &str) -> Credentials {
    credentials(&printed(data, &["app", "create", "--name", name, "--json"]))
}

/// Parses the output of `app create` and `app rotate-secret`.
pub fn credentials(printed: &str) -> Credentials {
    let value: Value = serde_json::from_str(printed).expect("JSON");
    let text = |key: &str| value[key].as_str().expect("a text").to_owned();
    Credentials { appid: text("appid"), secret: text("secret") }
}

/// A running server. Dropping it kills the process.
pub struct Server {
    process: Child,
    pub host: String,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(data: &Path) -> Server {
        Server::start_with(data, &[])
    }

    /// Starts a server with additional flags.
    pub fn start_with(data: &Path, flags: &[&str]) -> Server {
        let mut command = kaquan(data, &["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
        command.args(flags);
        Server::spawn(command)
    }

    /// Starts a server in a shell that runs another command first.
    pub fn start_after(data: &Path, before: &str) -> Server {
        let plain = kaquan(data, &["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before} && exec \"$0\" \"$@\"")]);
        command.arg(plain.get_program()).args(plain.get_args());
        plain.get_envs().filter(|(_, value)| value.is_none()).for_each(|(name, _)| {
            command.env_remove(name);
        });
        Server::spawn(command)
    }

    /// Starts this command, which serves.
    pub fn spawn(mut command: Command) -> Server {
        let mut process = command.stdout(Stdio::piped()).spawn().expect("kaquan runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = lines.next().expect("a line before it ends").expect("text");
        let host = line.strip_prefix("listening on http://").expect("where it listens").to_owned();
        Server { process, host }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Opens another connection.
    pub fn connect(&self) -> Client {
        Client::open(&self.host).expect("a connection")
    }

    /// Kills the process, as a power failure would. It writes nothing more.
    pub fn kill(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("ended");
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(id).status().expect("kill runs").success());
    }

    /// Waits until the process has ended.
    pub fn ended(mut self) -> ExitStatus {
        self.process.wait().expect("ended")
    }

    /// A token for an app.
    pub fn token(&self, app: &Credentials) -> String {
        let answer = self.ask_token(app);
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The answer to a request for a token.
    pub fn ask_token(&self, Credentials { appid, secret }: &Credentials) -> Value {
        let path = format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
        self.connect().send("GET", &path, "").expect("an answer")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An open connection.
pub struct Client {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Client {
    /// Connects.
    pub fn open(host: &str) -> Result<Client> {
        let stream = TcpStream::connect(host)?;
        stream.set_nodelay(true)?;
        Ok(Client { stream: BufReader::new(stream), host: host.to_owned() })
    }

    /// Posts JSON. An error means that no complete answer came.
    pub fn post(&mut self, path: &str, token: &str, body: &Value) -> Result<Value> {
        self.send("POST", &format!("{path}?access_token={token}"), &body.to_string())
    }

    /// Posts JSON to a path that must answer without a refusal.
    pub fn must(&mut self, path: &str, token: &str, body: Value) -> Value {
        let answer = self.post(path, token, &body).expect("an answer");
        assert_eq!(answer["errcode"], 0, "{path} {body}: {answer}");
        answer
    }

    /// Posts JSON to a path that needs no token and answers without an errcode.
    pub fn must_bare(&mut self, path: &str, body: Value) -> Value {
        let answer = self.send("POST", path, &body.to_string()).expect("an answer");
        assert!(answer.get("errcode").is_none(), "{path}: {answer}");
        answer
    }

    fn send(&mut self, method: &str, path: &str, body: &str) -> Result<Value> {
        let host = &self.host;
        let length = body.len();
        let request =
            format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(Error::from(ErrorKind::UnexpectedEof));
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        let length: usize = length.ok_or_else(|| Error::other("an answer without a length"))?;
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

/// Creates a card that issues imported codes, and returns its id.
pub fn create_card_with_imported_codes(server: &Server, app: &Credentials) -> String {
    let mut card = groupon(0);
    card["card"]["groupon"]["base_info"]["use_custom_code"] = true.into();
    card["card"]["groupon"]["base_info"]["get_custom_code_mode"] = "GET_CUSTOM_CODE_MODE_DEPOSIT".into();
    let created = server.connect().must("/card/create", &server.token(app), card);
    created["card_id"].as_str().expect("a card").to_owned()
}

/// A group purchase with this much stock.
pub fn groupon(quantity: i64) -> Value {
    json!({"card": {"card_type": "GROUPON", "groupon": {
        "base_info": {
            "logo_url": "http://mmbiz.qpic.cn/a", "code_type": "CODE_TYPE_TEXT", "brand_name": "brand",
            "title": "title", "color": "Color010", "notice": "notice", "description": "description",
            "date_info": {"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30}, "sku": {"quantity": quantity},
        },
        "deal_detail": "deal",
    }}})
}
