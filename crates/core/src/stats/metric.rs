//! Converts an event into its contributions to a day: the sums of a scope and the steps of memberships. The list of
//! all numbers is the table in `number`. WeChat manual: "卡券数据接口" (card statistics).

use super::counts::{MemberStep, StepKind};
use super::fold::ScannedEvent;
use super::number::{Counts, METRICS, Metric, Number, NumberSource};
use crate::event::EventKind;
use crate::id::OpenId;

/// The membership step for an event of a member card; `None` for other kinds of events.
pub(super) fn member_step(event: &ScannedEvent<'_>) -> Option<MemberStep> {
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

/// The sums of a scope that need no distinct holders.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub events: [i64; METRICS],
    /// The paid amount in fen.
    pub fee: i64,
    /// The due amount in fen.
    pub original_fee: i64,
}

impl Sums {
    /// Counts an event of this metric.
    pub(super) fn take(&mut self, metric: Metric, event: &ScannedEvent<'_>) {
        self.events[metric as usize] += 1;
        if event.kind == EventKind::Pay {
            self.fee = self.fee.saturating_add(event.amount);
            self.original_fee = self.original_fee.saturating_add(event.amount2);
        }
    }

    pub(super) fn add(&mut self, other: &Sums) {
        for (sum, more) in self.events.iter_mut().zip(other.events) {
            *sum += more;
        }
        self.fee = self.fee.saturating_add(other.fee);
        self.original_fee = self.original_fee.saturating_add(other.original_fee);
    }

    /// The counts of a scope, from these sums and these distinct holders by metric. The numbers of memberships remain
    /// 0.
    pub(super) fn counts(&self, users: &[i64; METRICS]) -> Counts {
        Counts::from_values(Number::ALL.map(|number| match number.counted() {
            NumberSource::Events(metric) => self.events[metric as usize],
            NumberSource::Users(metric) => users[metric as usize],
            NumberSource::Paid => self.fee,
            NumberSource::Due => self.original_fee,
            NumberSource::Memberships => 0,
        }))
    }
}
