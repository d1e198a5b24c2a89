//! The rows of the four reports on the wire: their numbers, each with its name, in order. WeChat manual: "卡券数据接口"
//! (card statistics).

use super::card_facts::CardFacts;
use super::counts::DayRow;
use super::number::Counts;
use crate::id::CardId;
use crate::time::Day;
use serde::{Serialize, Serializer};

/// The `merchanttype` of `datacube/getcardmembercarddetail`. The manual shows only this value.
const MERCHANT_TYPE: i64 = 2;

/// A row of `datacube/getcardbizuininfo`: a day of all coupons and tickets of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BizUinRow {
    /// The day, as `YYYY-MM-DD`.
    #[serde(serialize_with = "as_date")]
    pub ref_date: Day,
    /// Views.
    pub view_cnt: i64,
    /// Holders who viewed.
    pub view_user: i64,
    /// Claims.
    pub receive_cnt: i64,
    /// Holders who claimed.
    pub receive_user: i64,
    /// Consumes.
    pub verify_cnt: i64,
    /// Holders who consumed.
    pub verify_user: i64,
    /// Gifts.
    pub given_cnt: i64,
    /// Holders who gave.
    pub given_user: i64,
    /// Codes that expired.
    pub expire_cnt: i64,
    /// Holders of codes that expired.
    pub expire_user: i64,
    /// Always 0: there are no friends' coupons.
    pub view_friends_cnt: i64,
    /// Always 0: there are no friends' coupons.
    pub view_friends_user: i64,
    /// Always 0: there are no friends' coupons.
    pub receive_friends_cnt: i64,
    /// Always 0: there are no friends' coupons.
    pub receive_friends_user: i64,
    /// Always 0: there are no friends' coupons.
    pub verify_friends_cnt: i64,
    /// Always 0: there are no friends' coupons.
    pub verify_friends_user: i64,
}

impl BizUinRow {
    /// The row of a day; `None` for a day without events.
    pub fn of(row: &DayRow) -> Option<BizUinRow> {
        let counts = &row.counts;
        had_coupon_activity(counts).then_some(BizUinRow {
            ref_date: row.day,
            view_cnt: counts.view_cnt,
            view_user: counts.view_user,
            receive_cnt: counts.receive_cnt,
            receive_user: counts.receive_user,
            verify_cnt: counts.verify_cnt,
            verify_user: counts.verify_user,
            given_cnt: counts.given_cnt,
            given_user: counts.given_user,
            expire_cnt: counts.expire_cnt,
            expire_user: counts.expire_user,
            view_friends_cnt: 0,
            view_friends_user: 0,
            receive_friends_cnt: 0,
            receive_friends_user: 0,
            verify_friends_cnt: 0,
            verify_friends_user: 0,
        })
    }
}

/// A row of `datacube/getcardcardinfo`: a day of one coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CardRow {
    /// The day, as `YYYY-MM-DD`.
    #[serde(serialize_with = "as_date")]
    pub ref_date: Day,
    /// The card.
    pub card_id: CardId,
    /// The number of the type of card, see [`TypeNumbering`](super::report::TypeNumbering).
    pub card_type: u8,
    /// Always 0: kaquan sells no cards.
    pub is_pay: i64,
    /// Views.
    pub view_cnt: i64,
    /// Holders who viewed.
    pub view_user: i64,
    /// Claims.
    pub receive_cnt: i64,
    /// Holders who claimed.
    pub receive_user: i64,
    /// Consumes.
    pub verify_cnt: i64,
    /// Holders who consumed.
    pub verify_user: i64,
    /// Gifts.
    pub given_cnt: i64,
    /// Holders who gave.
    pub given_user: i64,
    /// Codes that expired.
    pub expire_cnt: i64,
    /// Holders of codes that expired.
    pub expire_user: i64,
    /// Always 0: there are no friends' coupons.
    pub verify_noself_cnt: i64,
    /// Always 0: there are no friends' coupons.
    pub verify_noself_user: i64,
    /// Always 0: there are no friends' coupons.
    pub isfriendscard: i64,
}

impl CardRow {
    /// The row of a day of this card; `None` for a day without events.
    pub fn of(row: &DayRow, card_id: &CardId, card_type: u8) -> Option<CardRow> {
        let counts = &row.counts;
        had_coupon_activity(counts).then_some(CardRow {
            ref_date: row.day,
            card_id: card_id.clone(),
            card_type,
            is_pay: 0,
            view_cnt: counts.view_cnt,
            view_user: counts.view_user,
            receive_cnt: counts.receive_cnt,
            receive_user: counts.receive_user,
            verify_cnt: counts.verify_cnt,
            verify_user: counts.verify_user,
            given_cnt: counts.given_cnt,
            given_user: counts.given_user,
            expire_cnt: counts.expire_cnt,
            expire_user: counts.expire_user,
            verify_noself_cnt: 0,
            verify_noself_user: 0,
            isfriendscard: 0,
        })
    }
}

/// A row of `datacube/getcardmembercardinfo`: a day of all member cards of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberCardsRow {
    /// The day, as `YYYY-MM-DD`.
    #[serde(serialize_with = "as_date")]
    pub ref_date: Day,
    /// Views.
    pub view_cnt: i64,
    /// Holders who viewed.
    pub view_user: i64,
    /// Claims.
    pub receive_cnt: i64,
    /// Holders who claimed.
    pub receive_user: i64,
    /// Holders who activated.
    pub active_user: i64,
    /// Uses.
    pub verify_cnt: i64,
    /// Holders who used the card.
    pub verify_user: i64,
    /// Valid members at the end of the day.
    pub total_user: i64,
    /// Holders who ever claimed, at the end of the day.
    pub total_receive_user: i64,
}

impl MemberCardsRow {
    /// The row of a day; `None` for a day without members and events.
    pub fn of(row: &DayRow) -> Option<MemberCardsRow> {
        let counts = &row.counts;
        let wire = MemberCardsRow {
            ref_date: row.day,
            view_cnt: counts.view_cnt,
            view_user: counts.view_user,
            receive_cnt: counts.receive_cnt,
            receive_user: counts.receive_user,
            active_user: counts.active_user,
            verify_cnt: counts.verify_cnt,
            verify_user: counts.verify_user,
            total_user: counts.total_user,
            total_receive_user: counts.total_receive_user,
        };
        wire.is_active().then_some(wire)
    }

    fn is_active(&self) -> bool {
        any(&[
            self.view_cnt,
            self.view_user,
            self.receive_cnt,
            self.receive_user,
            self.active_user,
            self.verify_cnt,
            self.verify_user,
            self.total_user,
            self.total_receive_user,
        ])
    }
}

/// A row of `datacube/getcardmembercarddetail`: a day of one member card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberCardRow {
    /// The day, as `YYYY-MM-DD`.
    #[serde(serialize_with = "as_date")]
    pub ref_date: Day,
    /// Always 2.
    pub merchanttype: i64,
    /// The card.
    pub cardid: CardId,
    /// The sub-merchant of the card; 0 if there is none.
    pub submerchantid: i64,
    /// Views.
    pub view_cnt: i64,
    /// Holders who viewed.
    pub view_user: i64,
    /// Claims.
    pub receive_cnt: i64,
    /// Holders who claimed.
    pub receive_user: i64,
    /// Uses.
    pub verify_cnt: i64,
    /// Holders who used the card.
    pub verify_user: i64,
    /// Activations.
    pub active_cnt: i64,
    /// Holders who activated.
    pub active_user: i64,
    /// Valid members at the end of the day.
    pub total_user: i64,
    /// New members.
    pub new_user: i64,
    /// The due sum in fen.
    #[serde(rename = "payOriginalFee")]
    pub original_fee: i64,
    /// The paid sum in fen.
    pub fee: i64,
    /// Holders who ever claimed, at the end of the day.
    pub total_receive_user: i64,
}

impl MemberCardRow {
    /// The row of a day of this card; `None` for a day without members and events.
    pub fn of(row: &DayRow, card: &CardFacts) -> Option<MemberCardRow> {
        let counts = &row.counts;
        let wire = MemberCardRow {
            ref_date: row.day,
            merchanttype: MERCHANT_TYPE,
            cardid: card.id.clone(),
            submerchantid: card.sub_merchant_id,
            view_cnt: counts.view_cnt,
            view_user: counts.view_user,
            receive_cnt: counts.receive_cnt,
            receive_user: counts.receive_user,
            verify_cnt: counts.verify_cnt,
            verify_user: counts.verify_user,
            active_cnt: counts.active_cnt,
            active_user: counts.active_user,
            total_user: counts.total_user,
            new_user: counts.new_user,
            original_fee: counts.original_fee,
            fee: counts.fee,
            total_receive_user: counts.total_receive_user,
        };
        wire.is_active().then_some(wire)
    }

    fn is_active(&self) -> bool {
        any(&[
            self.view_cnt,
            self.view_user,
            self.receive_cnt,
            self.receive_user,
            self.verify_cnt,
            self.verify_user,
            self.active_cnt,
            self.active_user,
            self.total_user,
            self.new_user,
            self.original_fee,
            self.fee,
            self.total_receive_user,
        ])
    }
}

/// Whether a coupon had any event on a day.
fn had_coupon_activity(counts: &Counts) -> bool {
    any(&[
        counts.view_cnt,
        counts.view_user,
        counts.receive_cnt,
        counts.receive_user,
        counts.verify_cnt,
        counts.verify_user,
        counts.given_cnt,
        counts.given_user,
        counts.expire_cnt,
        counts.expire_user,
    ])
}

fn any(numbers: &[i64]) -> bool {
    numbers.iter().any(|number| *number != 0)
}

fn as_date<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}
