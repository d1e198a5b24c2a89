//! Tickets for signatures on pages: `wx_card` for cards, `jsapi` for the page itself. A ticket is computed from the
//! app's key and the hour. So every node returns the same ticket and stores none. WeChat manual: "附录：JS-SDK 使用权限签名算法"
//! (signatures of the JS-SDK), api_ticket.

use crate::encoding::url_base64;
use hmac::{Hmac, KeyInit, Mac};
use kaquan_core::time::Timestamp;
use sha2::Sha512;

/// The longest lifetime of a ticket, in seconds.
pub const LIFE_SECS: i64 = 2 * PERIOD_SECS;
/// Seconds until the next ticket is issued. Each ticket is valid for two of these periods.
const PERIOD_SECS: i64 = 3600;

/// The use of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketKind {
    /// Cards: `cardExt` and `chooseCard`.
    WxCard,
    /// Pages: `wx.config`.
    Jsapi,
}

impl TicketKind {
    /// The name in the parameter `type`.
    pub const fn name(self) -> &'static str {
        match self {
            TicketKind::WxCard => "wx_card",
            TicketKind::Jsapi => "jsapi",
        }
    }
}

/// The ticket issued at `now`, and the seconds until it expires.
pub fn current(key: &[u8; 32], kind: TicketKind, now: Timestamp) -> (String, i64) {
    let period = now.0.div_euclid(PERIOD_SECS);
    (text(key, kind, period), (period + 2) * PERIOD_SECS - now.0)
}

/// Every valid ticket at `now`, the newest first.
pub fn valid(key: &[u8; 32], kind: TicketKind, now: Timestamp) -> [String; 2] {
    let period = now.0.div_euclid(PERIOD_SECS);
    [text(key, kind, period), text(key, kind, period - 1)]
}

/// The tickets that expired within the last day, the newest first.
pub fn retired(key: &[u8; 32], kind: TicketKind, now: Timestamp) -> Vec<String> {
    let period = now.0.div_euclid(PERIOD_SECS);
    (2..26).map(|ago| text(key, kind, period - ago)).collect()
}

fn text(key: &[u8; 32], kind: TicketKind, period: i64) -> String {
    // HMAC pads a key with zeros to the block size of its hash.
    let mut block = [0; 128];
    block[..key.len()].copy_from_slice(key);
    let mut mac = Hmac::<Sha512>::new(&block.into());
    mac.update(format!("ticket {} {period}", kind.name()).as_bytes());
    url_base64(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_stays_the_same_for_its_period_and_good_for_another() {
        let (ticket, left) = current(&[1; 32], TicketKind::WxCard, Timestamp(7_199));
        assert_eq!((ticket.len(), left), (86, 3_601));
        assert_eq!(current(&[1; 32], TicketKind::WxCard, Timestamp(3_600)).0, ticket);
        assert!(valid(&[1; 32], TicketKind::WxCard, Timestamp(7_200)).contains(&ticket));
        assert!(!valid(&[1; 32], TicketKind::WxCard, Timestamp(10_800)).contains(&ticket));
        assert_ne!(current(&[1; 32], TicketKind::Jsapi, Timestamp(7_199)).0, ticket);
    }
}
