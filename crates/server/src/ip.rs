//! Addresses and blocks of addresses: those that `getcallbackip` returns, and those of the proxies in front of the
//! server. They come from the settings, or from the server's own address.

use std::net::IpAddr;
use std::str::FromStr;

/// An address or a block of addresses, such as `101.226.103.0/25`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpBlock {
    text: String,
    address: IpAddr,
    bits: u8,
}

impl IpBlock {
    /// The text of the block, as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Converts IPv4 addresses in the form of IPv6 to IPv4, because [`IpBlock::contains`] compares them so.
    fn canonical(text: String, address: IpAddr, bits: u8) -> IpBlock {
        match (address.to_canonical(), bits.checked_sub(96)) {
            (IpAddr::V4(ipv4), Some(bits)) if address.is_ipv6() => {
                IpBlock { text, address: ipv4.into(), bits }
            }
            _ => IpBlock { text, address, bits },
        }
    }

    /// Whether an address is in the block. An IPv4 address in the form of IPv6 counts as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let (block, ip) = (self.address, ip.to_canonical());
        // The shift is checked, because a block of 0 bits shifts out all bits.
        let prefix = |bytes: u128, all: u8| bytes.checked_shr(u32::from(all - self.bits)).unwrap_or(0);
        match (block, ip) {
            (IpAddr::V4(block), IpAddr::V4(ip)) => {
                prefix(block.to_bits().into(), 32) == prefix(ip.to_bits().into(), 32)
            }
            (IpAddr::V6(block), IpAddr::V6(ip)) => prefix(block.to_bits(), 128) == prefix(ip.to_bits(), 128),
            _ => false,
        }
    }
}

impl From<IpAddr> for IpBlock {
    fn from(address: IpAddr) -> IpBlock {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        IpBlock { text: address.to_string(), address, bits }
    }
}

impl FromStr for IpBlock {
    type Err = String;

    fn from_str(text: &str) -> Result<IpBlock, String> {
        let (ip, bits) = match text.split_once('/') {
            Some((ip, bits)) => (ip, Some(bits)),
            None => (text, None),
        };
        let wrong = || format!("{text:?} is neither an IP address nor a block such as 10.0.0.0/8");
        let address: IpAddr = ip.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        match bits.map(str::parse::<u8>) {
            None => Ok(IpBlock::canonical(text.to_owned(), address, most)),
            Some(Ok(bits)) if bits <= most => {
                Ok(IpBlock::canonical(format!("{address}/{bits}"), address, bits))
            }
            Some(_) => Err(wrong()),
        }
    }
}

/// The server's own addresses, as far as they are known: the address in the public URL, or the one it listens on.
/// Empty if the public URL has a host name and the server listens on all addresses.
pub(crate) fn known(public_url: &str, listen: IpAddr) -> Vec<IpBlock> {
    let ip = host(public_url).parse().ok().or_else(|| (!listen.is_unspecified()).then_some(listen));
    ip.map(IpBlock::from).into_iter().collect()
}

/// The host of a URL; an IPv6 address has no brackets.
fn host(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, _)) => ip,
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_blocks_are_read() {
        for text in ["127.0.0.1", "101.226.103.0/25", "::1", "2001:db8::/32", "10.0.0.0/0"] {
            assert_eq!(text.parse::<IpBlock>().unwrap().as_str(), text);
        }
        for text in
            ["", "cards.example", "10.0.0.1/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "1.2.3", "1.2.3.4:80"]
        {
            assert!(text.parse::<IpBlock>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_block_contains_the_addresses_that_begin_with_its_bits() {
        for (block, inside, outside) in [
            ("10.1.0.0/16", "10.1.255.9", "10.2.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("10.1.2.3/25", "::ffff:10.1.2.100", "10.1.2.200"),
            ("0.0.0.0/0", "203.0.113.7", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "::1", "10.0.0.1"),
            ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("::ffff:10.0.0.0/104", "10.255.0.1", "11.0.0.1"),
            ("::ffff:10.0.0.0/96", "::ffff:203.0.113.7", "::1"),
        ] {
            let parsed: IpBlock = block.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{block} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{block} {outside}");
        }
    }

    #[test]
    fn the_address_of_the_public_url_comes_before_the_one_listened_on() {
        let listen = IpAddr::from([192, 168, 0, 7]);
        let known = |url: &str, listen: IpAddr| -> Vec<String> {
            super::known(url, listen).iter().map(|block| block.as_str().to_owned()).collect()
        };
        assert_eq!(known("https://203.0.113.9:8443", listen), ["203.0.113.9"]);
        assert_eq!(known("http://[2001:db8::9]:80", listen), ["2001:db8::9"]);
        assert_eq!(known("https://cards.example", listen), ["192.168.0.7"]);
        assert!(known("https://cards.example", IpAddr::from([0, 0, 0, 0])).is_empty());
    }
}
