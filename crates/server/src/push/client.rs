//! The HTTP client for receivers. It uses HTTP and HTTPS, and connects only to public addresses unless private ones
//! are allowed. It limits the time and the bytes it reads. It does not follow redirects, because they could lead into
//! a private network. The database driver loads the TLS roots again for itself: the store must not depend on this
//! crate.

use super::address::is_public;
use super::webhook_request::WebhookRequest;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::LOCATION;
use hyper::{Method, Request, Response, Uri};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error as StdError;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower_service::Service;

/// How long a receiver may take from the connection to the end of its response.
pub const TIME_MAX: Duration = Duration::from_secs(5);
/// How many bytes of a response are read.
const RESPONSE_MAX: usize = 16 * 1024;
/// How long an idle connection is kept open for the next event.
const IDLE_MAX: Duration = Duration::from_secs(30);

type Http = hyper_util::client::legacy::Client<Connector, Full<Bytes>>;

/// The client for receivers; cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: Http,
    allow_private: bool,
}

/// The response of a receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body as text. A long body is truncated.
    pub body: String,
    /// The target of a redirect.
    pub location: Option<String>,
}

/// The result of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendOutcome {
    /// The response, or the reason why there is none.
    pub response: Result<ReceiverResponse, String>,
    /// How long the request took.
    pub millis: u32,
}

impl Client {
    /// Creates a client. With `allow_private` it may also connect to this machine and its network.
    ///
    /// # Errors
    ///
    /// The TLS library refuses its configuration.
    pub fn new(allow_private: bool) -> io::Result<Client> {
        let connector = connector(Reach { allow_private, flag: "--push-private" })?;
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(super::outbox::IN_FLIGHT_MAX)
            .build(connector);
        Ok(Client { http, allow_private })
    }

    /// Posts a webhook request.
    pub async fn post(&self, webhook: WebhookRequest) -> SendOutcome {
        let mut request = Request::post(&webhook.url);
        for (name, value) in webhook.headers {
            request = request.header(name, value);
        }
        self.send(request.body(Full::new(webhook.body.into()))).await
    }

    /// Sends a GET request.
    pub async fn get(&self, url: &str) -> SendOutcome {
        self.send(Request::builder().method(Method::GET).uri(url).body(Full::default())).await
    }

    async fn send(&self, request: Result<Request<Full<Bytes>>, hyper::http::Error>) -> SendOutcome {
        let begun = Instant::now();
        let response = match request {
            Ok(request) => tokio::time::timeout(TIME_MAX, self.exchange(request)).await,
            Err(error) => Ok(Err(format!("the address cannot be called: {error}"))),
        };
        let late = |_| Err(format!("no answer within {} seconds", TIME_MAX.as_secs()));
        let millis = u32::try_from(begun.elapsed().as_millis()).unwrap_or(u32::MAX);
        SendOutcome { response: response.unwrap_or_else(late), millis }
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> Result<ReceiverResponse, String> {
        let reach = Reach { allow_private: self.allow_private, flag: "--push-private" };
        reach.check_literal(request.uri())?;
        let agent = concat!("kaquan/", env!("CARGO_PKG_VERSION"));
        request
            .headers_mut()
            .insert(hyper::header::USER_AGENT, hyper::header::HeaderValue::from_static(agent));
        let response = self.http.request(request).await.map_err(|error| cause(&error))?;
        read(response).await
    }
}

/// Connects over HTTP and HTTPS, to permitted addresses only.
pub(crate) type Connector = HttpsConnector<HttpConnector<Resolver>>;

/// How long it may take to connect.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// A connector that trusts the CA certificates of the system.
///
/// # Errors
///
/// The TLS library refuses its configuration.
pub(crate) fn connector(reach: Reach) -> io::Result<Connector> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver(reach));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_MAX));
    let roots = rustls_native_certs::load_native_certs();
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add_parsable_certificates(roots.certs);
    if trusted.is_empty() {
        tracing::warn!("no CA certificates on this system (ca-certificates): https hosts cannot be reached");
    }
    let provider = rustls::crypto::ring::default_provider();
    let tls = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp))
}

/// Which addresses may be connected to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Whether this machine and its network are permitted.
    pub allow_private: bool,
    /// The flag that permits them, for errors.
    pub flag: &'static str,
}

impl Reach {
    /// Checks an address in the URL itself, because the resolver does not see it.
    pub fn check_literal(self, uri: &Uri) -> Result<(), String> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(ip) if !self.allow_private && !is_public(ip) => Err(self.not_public(ip)),
            _ => Ok(()),
        }
    }

    fn not_public(self, ip: IpAddr) -> String {
        let flag = self.flag;
        format!("{ip} is not a public address; to allow it, start the server (or this command) with {flag}")
    }
}

/// The root cause of an error. The outer errors only name the layer.
pub(crate) fn cause(error: &dyn StdError) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

async fn read<B>(response: Response<B>) -> Result<ReceiverResponse, String>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
    B::Error: StdError + 'static,
{
    let status = response.status().as_u16();
    let location = response.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    // The rest of a long response is not read, and the connection is closed.
    while bytes.len() < RESPONSE_MAX
        && let Some(frame) = body.frame().await
    {
        let data = frame.map_err(|error| cause(&error))?.into_data().unwrap_or_default();
        bytes.extend_from_slice(&data[..data.len().min(RESPONSE_MAX - bytes.len())]);
    }
    Ok(ReceiverResponse { status, body: String::from_utf8_lossy(&bytes).into_owned(), location })
}

/// Resolves names to permitted addresses only. The connection uses exactly these addresses. So a name cannot resolve
/// to another address between the check and the connection (DNS rebinding).
#[derive(Debug, Clone)]
pub(crate) struct Resolver(Reach);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let (good, bad): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|address| reach.allow_private || is_public(address.ip()));
            match (good.is_empty(), bad.first()) {
                (true, Some(address)) => Err(io::Error::other(reach.not_public(address.ip()))),
                _ => Ok(good.into_iter()),
            }
        })
    }
}
