//! Which number of a day an event counts in, and which step of a membership it is. This is the one table of meanings;
//! how fast the counting is done is the business of `fold`, `collect` and `distinct`.
//! WeChat manual: "卡券数据接口" (card statistics).

use super::counts::{Counts, MemberStep, StepKind};
use super::fold::FoldEvent;
use crate::event::EventKind;
use crate::id::OpenId;

/// A number that is counted both as events (`…_cnt`) and as distinct holders (`…_user`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Metric {
    View = 0,
    Receive = 1,
    Verify = 2,
    Given = 3,
    Expire = 4,
    Active = 5,
    Return = 6,
}

/// How many metrics there are.
pub(super) const METRICS: usize = 7;

impl Metric {
    /// The metric an event of this kind counts in. Gifts are counted for the giver and are no claims; the use of a
    /// member card is what the merchant reports, the use of anything else is its consume.
    pub(super) fn of(kind: EventKind, member_card: bool) -> Option<Metric> {
        Some(match kind {
            EventKind::View => Metric::View,
            EventKind::Claim => Metric::Receive,
            EventKind::Consume if !member_card => Metric::Verify,
            EventKind::Pay | EventKind::MemberUpdate if member_card => Metric::Verify,
            EventKind::ConsumeReturn => Metric::Return,
            EventKind::GiftAccept => Metric::Given,
            EventKind::Expire => Metric::Expire,
            EventKind::Activate if member_card => Metric::Active,
            _ => return None,
        })
    }
}

/// The membership step an event of a member card is, if it is one.
pub(super) fn member_step(event: &FoldEvent<'_>) -> Option<MemberStep> {
    let (kind, from, openid) = match event.kind {
        EventKind::Claim => (StepKind::Claim, None, event.openid),
        EventKind::Activate => (StepKind::Begin, None, event.openid),
        EventKind::CodeDelete | EventKind::CodeUnavailable | EventKind::Expire => {
            (StepKind::End, None, event.openid)
        }
        EventKind::Restore | EventKind::Revive => (StepKind::Resume, None, event.openid),
        EventKind::GiftAccept => (StepKind::Transfer, event.other_code, event.friend),
        _ => return None,
    };
    Some(MemberStep { card: event.card, code: event.code?, from, openid: OpenId::from(openid), kind })
}

/// The plain sums of a scope.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    /// Events by metric.
    pub events: [i64; METRICS],
    /// Paid, fen.
    pub fee: i64,
    /// Due, fen.
    pub original_fee: i64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Sums) {
        for (sum, more) in self.events.iter_mut().zip(other.events) {
            *sum += more;
        }
        self.fee = self.fee.saturating_add(other.fee);
        self.original_fee = self.original_fee.saturating_add(other.original_fee);
    }

    /// The counts of a scope with these sums and these distinct holders by metric. What concerns all days up to this
    /// one is left 0.
    pub(super) fn counts(&self, users: &[i64; METRICS]) -> Counts {
        let [view_cnt, receive_cnt, verify_cnt, given_cnt, expire_cnt, active_cnt, return_cnt] = self.events;
        let [view_user, receive_user, verify_user, given_user, expire_user, active_user, return_user] =
            *users;
        Counts {
            view_cnt,
            view_user,
            receive_cnt,
            receive_user,
            verify_cnt,
            verify_user,
            given_cnt,
            given_user,
            expire_cnt,
            expire_user,
            active_cnt,
            active_user,
            return_cnt,
            return_user,
            fee: self.fee,
            original_fee: self.original_fee,
            ..Counts::default()
        }
    }
}
