//! The database's address, and how to connect. All hosts of an address are tried in parallel, so that a silent host
//! does not delay the others.

use super::error::broken;
use super::limits;
use super::silence::SilenceCheck;
use super::timeline::{Newest, TIMELINE, Timeline};
use crate::error::{Result, StoreError};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::{BoxStream, FuturesUnordered};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, SimpleQueryMessage, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The keepalive idle time that `tokio_postgres` returns if the address has none.
const KEEPALIVE_IDLE_DEFAULT: Duration = Duration::from_secs(2 * 60 * 60);

/// The database's address. Clones share the same silence check.
#[derive(Clone)]
pub(super) struct Address {
    /// One configuration for each host, in the order of the address.
    hosts: Vec<Config>,
    tls: Option<MakeRustlsConnect>,
    silence: Arc<SilenceCheck>,
    newest: Arc<Newest>,
}

/// A new connection: its client, and the stream of its messages. The client works only while the stream is polled.
pub(super) struct Link {
    pub client: Client,
    pub messages: BoxStream<'static, std::result::Result<AsyncMessage, tokio_postgres::Error>>,
    /// The timeline of the server, if it was asked and replied.
    pub timeline: Option<Timeline>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address")
    }
}

impl Address {
    /// The database's address for messages, without user and password.
    pub fn place(&self) -> String {
        let database = self.hosts.first().and_then(|host| host.get_dbname().or(host.get_user()));
        let hosts: Vec<String> = self.hosts.iter().map(name).collect();
        format!("database {} on {}", database.unwrap_or_default(), hosts.join(", "))
    }

    /// Parses `postgres://…`, or `host=… user=…`. With `sslmode=require` the connection is encrypted, and the
    /// server's certificate must be trusted by this system. Otherwise the connection is not encrypted.
    pub fn parse(url: &str) -> Result<Address> {
        let wrong = |error: &dyn std::fmt::Display| StoreError::Address(error.to_string());
        let mut config: Config =
            url.parse().map_err(|error: tokio_postgres::Error| wrong(&super::error::chain(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(limits::CONNECT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(limits::UNACKNOWLEDGED);
        }
        if config.get_keepalives_idle() == KEEPALIVE_IDLE_DEFAULT {
            config.keepalives_idle(limits::KEEPALIVE_IDLE);
        }
        if config.get_keepalives_interval().is_none() {
            config.keepalives_interval(limits::KEEPALIVE_INTERVAL);
        }
        if config.get_keepalives_retries().is_none() {
            config.keepalives_retries(limits::KEEPALIVE_RETRIES);
        }
        if config.get_application_name().is_none() {
            config.application_name("kaquan");
        }
        let tls = match config.get_ssl_mode() {
            SslMode::Require => Some(trusting_the_system()?),
            _ => {
                config.ssl_mode(SslMode::Disable);
                None
            }
        };
        Ok(Address { hosts: each_host(&config)?, tls, silence: Arc::default(), newest: Arc::default() })
    }

    /// The connections of this process that fell silent.
    pub fn silence(&self) -> &SilenceCheck {
        &self.silence
    }

    /// Whether the server of a connection was replaced by another one of the address.
    pub fn has_replaced(&self, timeline: Option<&Timeline>) -> bool {
        timeline.is_some_and(|timeline| self.newest.has_replaced(timeline))
    }

    /// Looks at all hosts, so that a server is known that has replaced another one. Hosts that cannot be reached are
    /// passed over. Does nothing for an address with one host.
    pub async fn compare_hosts(&self) {
        if self.hosts.len() > 1 {
            let look =
                |host| async move { drop(tokio::time::timeout(limits::CONNECT, self.open(host)).await) };
            join_all(self.hosts.iter().map(look)).await;
        }
    }

    /// As [`Address::compare_hosts`], outside of a runtime.
    ///
    /// # Errors
    /// The system cannot create a runtime.
    pub fn compare_hosts_blocking(&self) -> Result<()> {
        let io = |source| StoreError::Io { path: "a runtime".to_owned(), source };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(io)?;
        runtime.block_on(self.compare_hosts());
        runtime.shutdown_background();
        Ok(())
    }

    /// Connects to a usable host. `set_up` prepares the connection, as a part of the attempt. While no host can be
    /// reached, the attempt is repeated until `until`.
    ///
    /// # Errors
    /// [`StoreError::TooManyConnections`] at once if the server has no connection left; [`StoreError::Unreachable`].
    pub async fn connect<T>(&self, until: Instant, set_up: impl AsyncFn(Link) -> Result<T>) -> Result<T> {
        let set_up = &set_up;
        race(self.hosts.iter().map(|host| self.try_host(host, until, set_up)).collect()).await
    }

    async fn try_host<T>(
        &self,
        host: &Config,
        until: Instant,
        set_up: &impl AsyncFn(Link) -> Result<T>,
    ) -> Result<T> {
        let limit = host.get_connect_timeout().copied().unwrap_or(limits::CONNECT);
        loop {
            let attempt = async { set_up(self.open(host).await?).await };
            let error = match tokio::time::timeout(limit, attempt).await {
                Ok(Err(StoreError::Unreachable(text))) => text,
                Ok(done) => return done,
                Err(_) => format!("no reply within {limit:?}"),
            };
            if Instant::now() + limits::RETRY_PAUSE >= until {
                return Err(StoreError::Unreachable(format!("{}: {error}", name(host))));
            }
            tokio::time::sleep(limits::RETRY_PAUSE).await;
        }
    }

    /// Connects to a host. Its name may have several addresses, which are tried in parallel.
    async fn open(&self, host: &Config) -> Result<Link> {
        let open = async |one: Config| {
            let link = match &self.tls {
                Some(tls) => open(&one, tls.clone()).await,
                None => open(&one, NoTls).await,
            };
            let mut link = link.map_err(broken)?;
            // The timeline matters only if the address has several hosts.
            if one.get_target_session_attrs() == TargetSessionAttrs::ReadWrite {
                link.timeline = timeline(&mut link).await?;
                link.timeline.iter().try_for_each(|found| self.newest.check(found, &name(host)))?;
            }
            Ok(link)
        };
        race(each_address(host).await?.into_iter().map(open).collect()).await
    }
}

/// Runs attempts in parallel and returns the first success. An attempt begins when the one before it has failed, or
/// after the head start.
async fn race<T>(mut waiting: VecDeque<impl Future<Output = Result<T>>>) -> Result<T> {
    let (mut running, mut failed) = (FuturesUnordered::new(), None);
    loop {
        running.extend(waiting.pop_front());
        tokio::select! {
            Some(done) = running.next() => match (done, failed.take()) {
                (Ok(done), _) => return Ok(done),
                (Err(StoreError::Unreachable(text)), Some(StoreError::Unreachable(before))) => {
                    failed = Some(StoreError::Unreachable(format!("{before}; {text}")));
                }
                // If one server refuses and another host cannot be reached, the refusal is reported.
                (Err(StoreError::Unreachable(_)), Some(before)) => failed = Some(before),
                (Err(error), _) => failed = Some(error),
            },
            () = tokio::time::sleep(limits::HEAD_START), if !waiting.is_empty() => {}
            else => break,
        }
    }
    Err(failed.unwrap_or_else(|| StoreError::Address("the address names no host".to_owned())))
}

/// One configuration for each address of the host's name.
async fn each_address(host: &Config) -> Result<Vec<Config>> {
    let (Some(Host::Tcp(name)), []) = (host.get_hosts().first(), host.get_hostaddrs()) else {
        return Ok(vec![host.clone()]);
    };
    let port = host.get_ports().first().copied().unwrap_or(5432);
    let found = tokio::net::lookup_host((name.as_str(), port)).await;
    let found: Vec<_> = found.map_err(|error| StoreError::Unreachable(error.to_string()))?.collect();
    let one = |number: &std::net::SocketAddr| {
        let mut one = host.clone();
        one.hostaddr(number.ip());
        if found.len() > 1 && host.get_target_session_attrs() == TargetSessionAttrs::Any {
            one.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        one
    };
    Ok(found.iter().map(one).collect())
}

async fn open<T>(host: &Config, tls: T) -> std::result::Result<Link, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, mut connection) = host.connect(tls).await?;
    let messages = futures_util::stream::poll_fn(move |cx| connection.poll_message(cx)).boxed();
    Ok(Link { client, messages, timeline: None })
}

/// The timeline of the server; `None` if it does not tell.
async fn timeline(link: &mut Link) -> Result<Option<Timeline>> {
    let reply = match super::connect::drive(&mut link.messages, link.client.simple_query(TIMELINE)).await {
        Err(StoreError::Unreachable(lost)) => return Err(StoreError::Unreachable(lost)),
        reply => reply.unwrap_or_default(),
    };
    Ok(reply.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some(Timeline { cluster: row.get(0)?.to_owned(), number: row.get(1)?.parse().ok()? })
        }
        _ => None,
    }))
}

/// One configuration for each host of the address. If there are several hosts, the connection must go to the one that
/// accepts writes, even if the address does not say so. Otherwise it would go to the host that replies first.
fn each_host(config: &Config) -> Result<Vec<Config>> {
    let (names, numbers, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = names.len().max(numbers.len());
    if count == 0 {
        return Err(StoreError::Address("the address names no host".to_owned()));
    }
    if !names.is_empty() && !numbers.is_empty() && names.len() != numbers.len() {
        return Err(StoreError::Address(
            "the address needs as many values of host as of hostaddr".to_owned(),
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(StoreError::Address(format!("the address has {} ports for {count} hosts", ports.len())));
    }
    let one = |place: usize| {
        let mut one = without_hosts(config);
        match names.get(place) {
            Some(Host::Tcp(name)) => drop(one.host(name)),
            Some(Host::Unix(path)) => drop(one.host_path(path)),
            None => {}
        }
        if let Some(number) = numbers.get(place) {
            one.hostaddr(*number);
        }
        if let Some(port) = ports.get(place).or_else(|| ports.first()) {
            one.port(*port);
        }
        if count > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
            one.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        one
    };
    Ok((0..count).map(one).collect())
}

/// The configuration without hosts and ports. It is built again, because a `Config` has no way to remove them.
fn without_hosts(config: &Config) -> Config {
    let mut one = Config::new();
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(name) = config.get_dbname() {
        one.dbname(name);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        one.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(config.get_keepalives()).keepalives_idle(config.get_keepalives_idle());
    one.ssl_mode(config.get_ssl_mode()).ssl_negotiation(config.get_ssl_negotiation());
    one.target_session_attrs(config.get_target_session_attrs());
    one.channel_binding(config.get_channel_binding()).load_balance_hosts(config.get_load_balance_hosts());
    one
}

/// The host as text, for messages.
fn name(host: &Config) -> String {
    let port = host.get_ports().first().copied().unwrap_or(5432);
    match (host.get_hosts().first(), host.get_hostaddrs().first()) {
        (Some(Host::Tcp(name)), _) => format!("{name}:{port}"),
        (Some(Host::Unix(path)), _) => path.display().to_string(),
        (None, Some(number)) => format!("{number}:{port}"),
        (None, None) => String::new(),
    }
}

fn trusting_the_system() -> Result<MakeRustlsConnect> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // Skips certificates that cannot be read.
        let _ = roots.add(certificate);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Address(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(url: &str) -> Vec<Config> {
        Address::parse(url).unwrap().hosts
    }

    #[test]
    fn an_address_with_several_hosts_means_the_one_to_write_to() {
        let hosts = hosts("postgres://me:secret@a:1,b:2/db?options=-c%20a%3Db");
        let names: Vec<String> = hosts.iter().map(name).collect();
        assert_eq!(names, ["a:1", "b:2"]);
        for host in &hosts {
            assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
            assert_eq!((host.get_user(), host.get_password()), (Some("me"), Some(b"secret".as_slice())));
            assert_eq!((host.get_dbname(), host.get_options()), (Some("db"), Some("-c a=b")));
        }
        assert_eq!(
            Address::parse("host=a").unwrap().hosts[0].get_target_session_attrs(),
            TargetSessionAttrs::Any
        );
    }

    #[test]
    fn an_attempt_that_says_nothing_does_not_hold_up_the_next() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let attempt = async |place: usize| match place {
            0 => std::future::pending().await,
            1 => Err(StoreError::Unreachable("refused".to_owned())),
            _ => Ok(place),
        };
        assert_eq!(runtime.block_on(race((0..3).map(attempt).collect())).unwrap(), 2);
        let refused = runtime.block_on(race((1..2).map(attempt).collect())).unwrap_err();
        assert!(matches!(refused, StoreError::Unreachable(text) if text == "refused"));
    }

    #[test]
    fn an_address_that_has_limits_keeps_them() {
        let plain = &hosts("host=a")[0];
        assert_eq!(plain.get_connect_timeout(), Some(&limits::CONNECT));
        assert_eq!(plain.get_tcp_user_timeout(), Some(&limits::UNACKNOWLEDGED));
        assert_eq!(plain.get_keepalives_idle(), limits::KEEPALIVE_IDLE);
        let own = "host=a connect_timeout=9 tcp_user_timeout=70 keepalives_idle=80 keepalives_interval=90 \
                   keepalives_retries=7";
        let own = &hosts(own)[0];
        assert_eq!(own.get_connect_timeout(), Some(&Duration::from_secs(9)));
        assert_eq!(own.get_tcp_user_timeout(), Some(&Duration::from_secs(70)));
        assert_eq!(own.get_keepalives_idle(), Duration::from_secs(80));
        assert_eq!(own.get_keepalives_interval(), Some(Duration::from_secs(90)));
        assert_eq!(own.get_keepalives_retries(), Some(7));
    }

    #[test]
    fn an_address_whose_hosts_and_ports_do_not_match_is_refused() {
        assert!(Address::parse("host=a,b,c port=1,2").is_err());
        assert!(Address::parse("user=me").is_err());
    }
}
