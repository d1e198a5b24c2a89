//! Who a request comes from: the address at the other end of the connection or, where that is a proxy of this machine
//! or its network, the address the proxy names.

use axum::http::{HeaderMap, Request};
use std::net::IpAddr;
use std::task::{Context, Poll};
use tower_service::Service;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// A service whose requests know their connection's other end.
#[derive(Debug, Clone)]
pub struct WithPeer<S> {
    /// The service.
    pub service: S,
    /// The other end.
    pub peer: Peer,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for WithPeer<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}

/// The address a request comes from. What a proxy adds stands last in `X-Forwarded-For`; what stands before it anybody
/// may have written.
pub fn address(peer: Option<Peer>, headers: &HeaderMap) -> String {
    let Some(Peer(peer)) = peer else { return String::new() };
    let peer = peer.to_canonical();
    let near = match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
    let mut named =
        lines.flat_map(|line| line.split(',')).filter_map(|entry| entry.trim().parse::<IpAddr>().ok());
    match named.next_back() {
        Some(client) if near => client.to_canonical().to_string(),
        _ => peer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_nearby_is_believed_and_nobody_else() {
        for (peer, forwarded, expected) in [
            ("203.0.113.7", "", "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
            ("::ffff:203.0.113.7", "", "203.0.113.7"),
            ("::1", "nonsense", "::1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            assert_eq!(address(Some(Peer(peer.parse().unwrap())), &headers), expected, "{peer} {forwarded}");
        }
    }
}
