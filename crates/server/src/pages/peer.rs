//! The client address of a request. It is the address of the connection's peer. If the peer is a trusted proxy, it is
//! the address that the proxy reports.

use crate::ip::IpBlock;
use axum::http::{HeaderMap, HeaderValue, Request};
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;
use std::task::{Context, Poll};
use tower_service::Service;

/// The address of a connection's peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// A service that adds the peer's address to each request.
#[derive(Debug, Clone)]
pub struct WithPeer<S> {
    pub service: S,
    /// The peer of the connection.
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

/// The client address of a request: the address of the peer or, if that is a trusted proxy, the address in
/// `X-Forwarded-For`. The list is read from its end, and trusted proxies are skipped. Entries before the first address
/// that is not a trusted proxy may be forged.
pub fn address(peer: Option<Peer>, headers: &HeaderMap, trusted: &[IpBlock]) -> String {
    let Some(Peer(peer)) = peer else { return String::new() };
    let mut address = peer.to_canonical();
    let is_trusted = |ip: IpAddr| trusted.iter().any(|block| block.contains(ip));
    let lines: Vec<&[u8]> =
        headers.get_all("x-forwarded-for").into_iter().map(HeaderValue::as_bytes).collect();
    if !lines.is_empty() && !is_trusted(address) && is_near(address) {
        WARN_ONCE.call_once(|| {
            tracing::warn!(%address, "X-Forwarded-For from a proxy that is not in trusted-proxies; header ignored");
        });
    }
    let mut named = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
    while is_trusted(address) {
        // The list ends, or a proxy wrote no valid address. The address of the last proxy is used.
        let Some(before) = named.next().and_then(named_address) else { break };
        address = before.to_canonical();
    }
    address.to_string()
}

/// The unit of limits for addresses: an IPv4 address, or the /64 of an IPv6 address, because one site has a whole
/// /64.
pub fn group(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}

/// The warning about a proxy that is not configured is logged once. Without its address in the settings, all its
/// clients share one limit.
static WARN_ONCE: Once = Once::new();

/// Whether an address belongs to this machine or its network.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// The address in an entry of `X-Forwarded-For`. Some proxies add a port.
fn named_address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_and_walked_past() {
        let trusted: Vec<IpBlock> =
            ["127.0.0.1", "10.0.0.0/8", "2001:db8::/32"].iter().map(|text| text.parse().unwrap()).collect();
        for (peer, forwarded, expected) in [
            ("203.0.113.7", "", "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("192.168.0.1", "198.51.100.1", "192.168.0.1"),
            ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("127.0.0.1", "192.0.2.66, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.2", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
            ("10.0.0.2", "10.0.0.3, 10.0.0.4", "10.0.0.3"),
            ("10.0.0.2", "192.0.2.66, nonsense", "10.0.0.2"),
            ("::ffff:10.0.0.2", "::ffff:198.51.100.1", "198.51.100.1"),
            ("2001:db8::1", "198.51.100.1:4711", "198.51.100.1"),
            ("2001:db8::1", "[2001:db9::1]:4711", "2001:db9::1"),
            ("2001:db8::1", "[2001:db9::1]", "2001:db9::1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            let peer_address = Some(Peer(peer.parse().unwrap()));
            assert_eq!(address(peer_address, &headers, &trusted), expected, "{peer} {forwarded}");
            let alone: IpAddr = peer.parse().unwrap();
            let alone = alone.to_canonical().to_string();
            assert_eq!(address(peer_address, &headers, &[]), alone, "none is trusted by default");
        }
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_entry_only() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        for (forwarded, expected) in [
            (&b"\xff, 198.51.100.1"[..], "198.51.100.1"),
            (b"192.0.2.66, \xe5\x8d\xa1, 198.51.100.1, 10.0.0.3", "198.51.100.1"),
            (b"192.0.2.66, \xff", "10.0.0.2"),
            (b"192.0.2.66, \xff, 10.0.0.3", "10.0.0.3"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_bytes(forwarded).unwrap());
            let peer = Some(Peer("10.0.0.2".parse().unwrap()));
            assert_eq!(address(peer, &headers, &trusted), expected, "{forwarded:?}");
        }
    }

    #[test]
    fn a_chain_over_several_lines_is_read_from_its_end() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "192.0.2.66".parse().unwrap());
        headers.append("x-forwarded-for", "198.51.100.1, 10.0.0.2".parse().unwrap());
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let peer = Some(Peer("10.0.0.1".parse().unwrap()));
        assert_eq!(address(peer, &headers, &trusted), "198.51.100.1");
    }

    #[test]
    fn addresses_of_one_ipv6_site_count_together() {
        assert_eq!(group("203.0.113.7"), "203.0.113.7");
        assert_eq!(group("2001:db8:1:2::7"), group("2001:db8:1:2:ffff::1"));
        assert_ne!(group("2001:db8:1:2::7"), group("2001:db8:1:3::7"));
    }
}
