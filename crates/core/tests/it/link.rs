//! The links of random runs that lead to a claim: pages with a `cardExt`, and QR codes.

use crate::step::{holder, openid};
use kaquan_core::code::{CardExtUse, QrScan, Via};
use kaquan_core::time::Timestamp;
use proptest::prelude::*;

/// A link that leads to a claim, with its values. There are few different ones, so that each is used several times.
#[derive(Debug, Clone)]
pub enum Link {
    /// A page with this signature: perhaps for a holder, perhaps with a term that begins this many seconds from now.
    Page { signature: u8, named: Option<u8>, begin_in: Option<i64> },
    /// A QR code: perhaps for a holder, perhaps for one claim only.
    Scan { named: Option<u8>, once: Option<u8> },
}

/// Any link.
pub fn link() -> impl Strategy<Value = Link> {
    let named = || prop::option::weighted(0.3, holder());
    let page = (0..20u8, named(), prop::option::weighted(0.5, -80_000..200_000i64));
    prop_oneof![
        page.prop_map(|(signature, named, begin_in)| Link::Page { signature, named, begin_in }),
        (named(), prop::option::of(0..6u8)).prop_map(|(named, once)| Link::Scan { named, once }),
    ]
}

impl Link {
    /// The entry point of this link at this time.
    pub fn via(&self, now: Timestamp) -> Via {
        let until = now.plus(7_200);
        match self {
            Link::Page { signature, named, .. } => Via::Page(CardExtUse::Signed {
                openid: named.map(openid),
                signature: format!("s{signature}").into(),
                until,
            }),
            Link::Scan { named, once } => Via::Qr(QrScan {
                openid: named.map(openid),
                once: once.map(|name| (format!("t{name}").into(), until)),
            }),
        }
    }

    /// When the term begins, if the link sets this.
    pub fn begin(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Link::Page { begin_in, .. } => begin_in.map(|secs| now.plus(secs)),
            Link::Scan { .. } => None,
        }
    }
}
