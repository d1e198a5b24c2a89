//! How many codes of a card a holder has claimed, for holders with many codes. Nothing changes the origin or the
//! holder of a code that was issued. So a count up to a code stays right, and only later codes have to be
//! counted.

use kaquan_core::id::{AppId, CardNo, CodeSeq, OpenId};
use std::collections::HashMap;

/// If a holder has fewer claims, every count begins at the first code.
const CLAIMS_MIN: u32 = 32;
/// Holders in memory. If there are more, all counts are dropped.
const HOLDERS_MAX: usize = 65_536;

/// The counts that a writer remembers.
#[derive(Debug, Default)]
pub(crate) struct ClaimCounts(HashMap<(AppId, CardNo, OpenId), ClaimCount>);

/// The claims among the codes before `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ClaimCount {
    pub claims: u32,
    pub next: CodeSeq,
}

impl ClaimCounts {
    /// Where a count of this holder's claims may begin.
    pub fn get(&self, app: AppId, card: CardNo, openid: &OpenId) -> ClaimCount {
        if self.0.is_empty() {
            return ClaimCount::default();
        }
        self.0.get(&(app, card, openid.clone())).copied().unwrap_or_default()
    }

    /// Remembers a count. `next` is the number of the next code of the app.
    pub fn put(&mut self, app: AppId, card: CardNo, openid: &OpenId, count: ClaimCount) {
        if count.claims < CLAIMS_MIN {
            return;
        }
        if self.0.len() >= HOLDERS_MAX {
            self.0.clear();
        }
        self.0.insert((app, card, openid.clone()), count);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_holders_with_many_claims_are_remembered() {
        let mut counts = ClaimCounts::default();
        let (app, card, openid) = (AppId(1), CardNo(2), OpenId::from("o1"));
        let count = |claims| ClaimCount { claims, next: CodeSeq(100) };
        counts.put(app, card, &openid, count(CLAIMS_MIN - 1));
        assert_eq!(counts.get(app, card, &openid), ClaimCount::default());
        counts.put(app, card, &openid, count(CLAIMS_MIN));
        assert_eq!(counts.get(app, card, &openid), count(CLAIMS_MIN));
        for other in [(AppId(2), card, "o1"), (app, CardNo(3), "o1"), (app, card, "o2")] {
            assert_eq!(counts.get(other.0, other.1, &other.2.into()), ClaimCount::default());
        }
    }
}
