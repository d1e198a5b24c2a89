//! The gateway: calls that kaquan does not have go to the original host of their app. A stand-in for that host runs on a
//! real socket.

mod app_secret;
mod limits;
mod messages;
mod moods;
mod nodes;
mod pass;
mod secrets;
mod tickets;
mod token;

use crate::support::http::Response;
use crate::support::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A server whose first app has an upstream.
struct Gate {
    server: TestServer,
    original: Original,
}

/// The settings of an upstream on this host. The original host may be silent for one second.
fn upstream(original: &Original) -> Value {
    json!({"url": original.url, "appid": REAL_APPID, "secret": REAL_SECRET, "timeout_secs": 1})
}

impl Gate {
    fn open() -> Gate {
        let (server, original) = (TestServer::start(), Original::start());
        server.ok("/kaquan/v1/upstream/set", upstream(&original));
        Gate { server, original }
    }

    /// Changes the settings of the upstream.
    fn set(&self, change: Value) {
        self.server.ok("/kaquan/v1/upstream/set", change);
    }

    /// A GET call of the first app. `query` begins with `&` or is empty.
    fn get(&self, path: &str, query: &str) -> Response {
        let target = format!("{path}?access_token={}{query}", self.server.token());
        self.server.send("GET", &target, &[], b"")
    }

    fn post(&self, path: &str, body: &Value) -> Response {
        let target = format!("{path}?access_token={}", self.server.token());
        let headers = [("content-type", "application/json")];
        self.server.send("POST", &target, &headers, body.to_string().as_bytes())
    }

    /// The errcode and the reason of a call that was not passed on whole. The answer has kaquan's form.
    #[track_caller]
    fn refusal(response: &Response) -> (i64, String) {
        assert_eq!(response.status, 200, "{}", response.text());
        let reply = response.json();
        (reply["errcode"].as_i64().expect("a number"), answer::tail(&reply))
    }

    /// All bytes of the answer to a GET call until the connection is closed.
    fn raw(&self, path: &str) -> Vec<u8> {
        let token = self.server.token();
        let mut stream = TcpStream::connect(self.server.address()).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket takes options");
        let head =
            format!("GET {path}?access_token={token} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("the server reads");
        let (mut all, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
        // A cut connection may end with an error of the socket.
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            all.extend_from_slice(&chunk[..read]);
        }
        all
    }
}
