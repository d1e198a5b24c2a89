//! A small HTTP client for calls to kaquan itself: one connection, one request after another.

use crate::Failure;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;

/// A connection to a server.
#[derive(Debug)]
pub struct Connection {
    send: SendRequest<Full<Bytes>>,
    host: String,
}

impl Connection {
    /// Connects to a server.
    pub async fn open(address: SocketAddr) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(address).await.map_err(|error| format!("{address}: {error}"))?;
        stream.set_nodelay(true)?;
        let (send, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
        });
        Ok(Connection { send, host: address.to_string() })
    }

    /// Sends a request and returns the whole body of the answer.
    pub async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Failure> {
        let request =
            Request::builder().method(method).uri(path).header("host", &self.host).body(Full::new(body))?;
        self.send.ready().await?;
        let response = self.send.send_request(request).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// Posts JSON and returns the JSON of the answer. A refusal is an error.
    pub async fn post(&mut self, path: &str, body: &Value) -> Result<Value, Failure> {
        let answer = self.send(Method::POST, path, body.to_string().into()).await?;
        let answer: Value = serde_json::from_slice(&answer)?;
        match answer.get("errcode").and_then(Value::as_i64).unwrap_or(0) {
            0 => Ok(answer),
            // The path is left out, because it ends with a token, which must not be logged.
            _ => {
                Err(format!("{} {}", answer["errcode"], answer["errmsg"].as_str().unwrap_or_default()).into())
            }
        }
    }
}
