//! The table of report numbers: the name, the meaning, the source of each number, and the labels in both languages.
//! Counts, column lists, statements, copies and the console's labels are derived from it. WeChat manual: "卡券数据接口"
//! (card statistics).

use crate::event::EventKind;

/// How a number is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberSource {
    Events(Metric),
    /// Distinct holders of the events of a metric.
    Users(Metric),
    /// The sum of payments with the card, in fen.
    Paid,
    /// The sum due for payments with the card, before reductions, in fen.
    Due,
    /// From the memberships of all days up to this one; see [`finish_day`](super::finish_day).
    Memberships,
}

macro_rules! report_numbers {
    (
        metrics { $($(#[$metric_doc:meta])* $metric:ident: [$($coupon:ident),*], [$($member:ident),*];)* }
        numbers { $($(#[$doc:meta])* $name:ident as $wire:literal: $counted:expr, $en:literal, $zh:literal;)* }
    ) => {
        /// A metric is counted twice: as the number of events, and as the number of distinct holders of those events.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Metric { $($(#[$metric_doc])* $metric,)* }

        /// The number of metrics.
        pub(super) const METRICS: usize = [$(Metric::$metric),*].len();

        // A group of the distinct counts has three bits for the metric.
        const _: () = assert!(METRICS <= 8);

        impl Metric {
            /// The metric that counts an event. It depends on whether the card is a member card.
            pub(super) fn of(kind: EventKind, member_card: bool) -> Option<Metric> {
                match (member_card, kind) {
                    $($((false, EventKind::$coupon) => Some(Metric::$metric),)*
                    $((true, EventKind::$member) => Some(Metric::$metric),)*)*
                    _ => None,
                }
            }
        }

        /// A number of the reports.
        #[allow(non_camel_case_types, reason = "each is written as its column")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Number { $($(#[$doc])* $name,)* }

        impl Number {
            /// Every number, in the order of the columns.
            pub const ALL: [Number; Counts::NAMES.len()] = [$(Number::$name,)*];

            /// The name in replies.
            pub const fn wire(self) -> &'static str {
                match self { $(Number::$name => $wire,)* }
            }

            /// The label in English and in Chinese.
            pub const fn labels(self) -> (&'static str, &'static str) {
                match self { $(Number::$name => ($en, $zh),)* }
            }

            /// The value of this number in the counts.
            pub const fn of(self, counts: &Counts) -> i64 {
                match self { $(Number::$name => counts.$name,)* }
            }

            pub(super) const fn counted(self) -> NumberSource {
                match self { $(Number::$name => $counted,)* }
            }
        }

        /// The numbers of one day in one scope. `…_cnt` counts events, and `…_user` counts distinct holders.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Counts { $($(#[$doc])* pub $name: i64,)* }

        impl Counts {
            /// The names of the columns.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// The numbers in the order of [`Counts::NAMES`].
            pub fn values(&self) -> [i64; Counts::NAMES.len()] {
                [$(self.$name,)*]
            }

            /// The counts with these numbers, in the order of [`Counts::NAMES`].
            pub fn from_values(values: [i64; Counts::NAMES.len()]) -> Counts {
                let [$($name,)*] = values;
                Counts { $($name,)* }
            }
        }
    };
}

use Metric::{Active, Expire, Given, Receive, Return, Verify, View};
use NumberSource::{Due, Events, Memberships, Paid, Users};

report_numbers! {
    metrics {
        // First the events of coupons and tickets, then the events of member cards.
        View: [View], [View];
        // A gift does not count as a claim.
        Receive: [Claim], [Claim];
        // A use of a member card is a payment or a change of the member's data.
        Verify: [Consume], [Pay, MemberUpdate];
        // Counts for the giver.
        Given: [GiftAccept], [GiftAccept];
        Expire: [Expire], [Expire];
        Active: [], [Activate];
        Return: [ConsumeReturn], [ConsumeReturn];
    }
    // The order is that of the columns, so a new number must be the last.
    numbers {
        /// Views.
        view_cnt as "view_cnt": Events(View), "Views", "浏览次数";
        /// Holders who viewed.
        view_user as "view_user": Users(View), "Viewers", "浏览人数";
        /// Claims from stock.
        receive_cnt as "receive_cnt": Events(Receive), "Claims", "领取次数";
        /// Holders who claimed.
        receive_user as "receive_user": Users(Receive), "Claimers", "领取人数";
        /// Consumes; for member cards the payments and the changes of members' data.
        verify_cnt as "verify_cnt": Events(Verify), "Consumes", "核销次数";
        /// Holders of the codes that were consumed or used.
        verify_user as "verify_user": Users(Verify), "Consumers", "核销人数";
        /// Gifts accepted.
        given_cnt as "given_cnt": Events(Given), "Gifts accepted", "转赠次数";
        /// Holders who gave.
        given_user as "given_user": Users(Given), "Givers", "转赠人数";
        /// Codes whose window ended before they were consumed.
        expire_cnt as "expire_cnt": Events(Expire), "Expired", "过期次数";
        /// Holders of the codes that expired.
        expire_user as "expire_user": Users(Expire), "Holders of expired codes", "过期人数";
        /// Activations.
        active_cnt as "active_cnt": Events(Active), "Activations", "激活次数";
        /// Holders who activated.
        active_user as "active_user": Users(Active), "Activated holders", "激活人数";
        /// Holders who activated for the first time ever.
        new_user as "new_user": Memberships, "New members", "新增会员";
        /// Holders with a valid, active member card at the end of the day.
        total_user as "total_user": Memberships, "Valid members", "有效会员总数";
        /// Holders who ever claimed a member card.
        total_receive_user as "total_receive_user": Memberships, "Ever claimed", "历史领卡人数";
        /// Sum paid with member cards, in fen.
        fee as "fee": Paid, "Paid, fen", "实付（分）";
        /// Sum due before reductions, in fen.
        original_fee as "payOriginalFee": Due, "Due, fen", "应付（分）";
        /// Undone consumes; they still count as consumes.
        return_cnt as "return_cnt": Events(Return), "Returns", "撤销核销次数";
        /// Holders of the codes with an undone consume.
        return_user as "return_user": Users(Return), "Holders with returns", "撤销核销人数";
    }
}
