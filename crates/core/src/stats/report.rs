//! The four reports: the rows of each, and their order.
//! WeChat manual: "卡券数据接口" (card statistics).

use super::card_facts::CardFacts;
use super::counts::{DayRow, Scope};
use super::rows::{BizUinRow, CardRow, MemberCardRow, MemberCardsRow};
use crate::card::{CardType, Source};
use crate::id::{CardId, CardNo};
use serde::Serialize;
use std::collections::HashMap;

/// The numbers of card types in `datacube/getcardcardinfo`. The manual documents one numbering, but replies with the
/// other one have been observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TypeNumbering {
    /// As documented: 0 discount, 1 cash, 2 gift, 3 general coupon, 4 group purchase.
    #[default]
    Documented,
    /// As in WeChat's console: 0 general coupon, 1 group purchase, 2 discount, 3 gift, 4 cash.
    Console,
}

impl TypeNumbering {
    /// The number of a card type; `None` for types that the report does not contain.
    pub const fn number(self, kind: CardType) -> Option<u8> {
        match self {
            TypeNumbering::Documented => kind.report_number(),
            TypeNumbering::Console => match kind {
                CardType::GeneralCoupon => Some(0),
                CardType::Groupon => Some(1),
                CardType::Discount => Some(2),
                CardType::Gift => Some(3),
                CardType::Cash => Some(4),
                _ => None,
            },
        }
    }
}

/// The reply of a report. It has no errcode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report<R> {
    /// The rows.
    pub list: Vec<R>,
}

/// `datacube/getcardbizuininfo`: a row for each day with events of the coupons and tickets of a source.
pub fn biz_uin_info(rows: &[DayRow], source: Source) -> Vec<BizUinRow> {
    of_scope(rows, Scope::Coupons(source), BizUinRow::of)
}

/// `datacube/getcardcardinfo`: a row for each day and coupon with events, of the cards of a source or of one named
/// card. A named card that does not exist or has the other source has no rows.
pub fn card_info(
    rows: &[DayRow],
    cards: &[CardFacts],
    source: Source,
    only: Option<&CardId>,
    numbering: TypeNumbering,
) -> Vec<CardRow> {
    let listed = cards.iter().filter(|card| card.source == source && only.is_none_or(|id| *id == card.id));
    let list = CouponList::new(listed.map(|card| (card.no, card.id.clone(), card.card_type)), numbering);
    let mut rows: Vec<DayRow> = rows.iter().filter(|row| list.has(row)).copied().collect();
    list.sort(&mut rows);
    rows.iter().filter_map(|row| list.row(row)).collect()
}

/// The cards of `datacube/getcardcardinfo`, which also determine the order of its rows. Types of cards that the
/// report does not contain are left out.
#[derive(Debug, Clone, Default)]
pub struct CouponList {
    /// Sorted by the bytes of the id.
    cards: Vec<(CardId, u8)>,
    /// The index of each card in `cards`.
    places: HashMap<CardNo, usize>,
}

impl CouponList {
    /// The list of these cards.
    pub fn new(
        cards: impl IntoIterator<Item = (CardNo, CardId, CardType)>,
        numbering: TypeNumbering,
    ) -> CouponList {
        let numbered = |(no, id, kind): (CardNo, CardId, CardType)| Some((id, numbering.number(kind)?, no));
        let mut found: Vec<(CardId, u8, CardNo)> = cards.into_iter().filter_map(numbered).collect();
        found.sort_unstable_by(|(a, ..), (b, ..)| a.as_str().as_bytes().cmp(b.as_str().as_bytes()));
        let places = found.iter().enumerate().map(|(place, (_, _, no))| (*no, place)).collect();
        CouponList { cards: found.into_iter().map(|(id, number, _)| (id, number)).collect(), places }
    }

    /// The number of cards.
    pub fn len(&self) -> usize {
        self.cards.len()
    }

    /// Whether there are no cards.
    pub fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// Whether the row belongs to one of the cards.
    pub fn has(&self, row: &DayRow) -> bool {
        self.place(row).is_some()
    }

    /// The cards that are in the report, in its order.
    pub fn in_order(&self, cards: impl IntoIterator<Item = CardNo>) -> Vec<CardNo> {
        let placed = |card| self.places.get(&card).map(|place| (*place, card));
        let mut placed: Vec<(usize, CardNo)> = cards.into_iter().filter_map(placed).collect();
        placed.sort_unstable();
        placed.into_iter().map(|(_, card)| card).collect()
    }

    /// Puts rows into the order of the report: by day, then by card id.
    pub fn sort(&self, rows: &mut [DayRow]) {
        rows.sort_by_cached_key(|row| (row.day, self.place(row)));
    }

    /// The row as it is sent; `None` for a day without events of the card, and for other cards.
    pub fn row(&self, row: &DayRow) -> Option<CardRow> {
        let (id, number) = self.cards.get(self.place(row)?)?;
        CardRow::of(row, id, *number)
    }

    fn place(&self, row: &DayRow) -> Option<usize> {
        match row.scope {
            Scope::Card(no) => self.places.get(&no).copied(),
            _ => None,
        }
    }
}

/// `datacube/getcardmembercardinfo`: a row for each day of the member cards of a source. After the first member, days
/// without events have rows too.
pub fn member_card_info(rows: &[DayRow], source: Source) -> Vec<MemberCardsRow> {
    of_scope(rows, Scope::Members(source), MemberCardsRow::of)
}

/// `datacube/getcardmembercarddetail`: a row for each day of one member card. After its first member, days without
/// events have rows too. Other cards than member cards have no rows.
pub fn member_card_detail(rows: &[DayRow], card: &CardFacts) -> Vec<MemberCardRow> {
    if !card.card_type.is_member_card() {
        return Vec::new();
    }
    of_scope(rows, Scope::Card(card.no), |row| MemberCardRow::of(row, card))
}

/// The rows of one scope by day. `wire` returns `None` for a row in which every number is 0.
fn of_scope<R>(rows: &[DayRow], scope: Scope, wire: impl Fn(&DayRow) -> Option<R>) -> Vec<R> {
    let mut rows: Vec<&DayRow> = rows.iter().filter(|row| row.scope == scope).collect();
    rows.sort_by_key(|row| row.day);
    rows.into_iter().filter_map(wire).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Counts;
    use crate::time::Day;

    /// Counts with the values 1, 2, 3… in the order of [`Counts::NAMES`].
    fn numbered() -> Counts {
        let mut next = 0;
        Counts::from_values([(); Counts::NAMES.len()].map(|()| {
            next += 1;
            next
        }))
    }

    fn row(day: &str, scope: Scope, counts: Counts) -> DayRow {
        DayRow { day: Day::parse(day).expect("a day"), scope, counts }
    }

    fn card(no: i64, id: &str, card_type: CardType, source: Source) -> CardFacts {
        CardFacts { no: CardNo(no), id: CardId::from(id), card_type, source, sub_merchant_id: 0 }
    }

    fn text(list: Vec<impl Serialize>) -> String {
        serde_json::to_string(&Report { list }).expect("a text")
    }

    #[test]
    fn account_totals_have_the_fields_of_real_replies_in_their_order() {
        let rows = [
            row("2017-12-28", Scope::Coupons(Source::Api), numbered()),
            row("2017-12-26", Scope::Coupons(Source::Console), numbered()),
        ];
        assert_eq!(
            text(biz_uin_info(&rows, Source::Api)),
            concat!(
                r#"{"list":[{"ref_date":"2017-12-28","view_cnt":1,"view_user":2,"receive_cnt":3,"receive_user":4,"#,
                r#""verify_cnt":5,"verify_user":6,"given_cnt":7,"given_user":8,"expire_cnt":9,"expire_user":10,"#,
                r#""view_friends_cnt":0,"view_friends_user":0,"receive_friends_cnt":0,"receive_friends_user":0,"#,
                r#""verify_friends_cnt":0,"verify_friends_user":0}]}"#
            )
        );
    }

    #[test]
    fn coupon_rows_have_the_fields_of_real_replies_in_their_order() {
        let cards = [card(4, "pA", CardType::Groupon, Source::Api)];
        let rows = [row("2017-12-28", Scope::Card(CardNo(4)), numbered())];
        assert_eq!(
            text(card_info(&rows, &cards, Source::Api, None, TypeNumbering::Documented)),
            concat!(
                r#"{"list":[{"ref_date":"2017-12-28","card_id":"pA","card_type":4,"is_pay":0,"view_cnt":1,"#,
                r#""view_user":2,"receive_cnt":3,"receive_user":4,"verify_cnt":5,"verify_user":6,"given_cnt":7,"#,
                r#""given_user":8,"expire_cnt":9,"expire_user":10,"verify_noself_cnt":0,"verify_noself_user":0,"#,
                r#""isfriendscard":0}]}"#
            )
        );
    }

    #[test]
    fn member_totals_have_the_fields_of_the_sample_in_its_order() {
        let rows = [row("2015-06-23", Scope::Members(Source::Api), numbered())];
        assert_eq!(
            text(member_card_info(&rows, Source::Api)),
            concat!(
                r#"{"list":[{"ref_date":"2015-06-23","view_cnt":1,"view_user":2,"receive_cnt":3,"receive_user":4,"#,
                r#""active_user":12,"verify_cnt":5,"verify_user":6,"total_user":14,"total_receive_user":15}]}"#
            )
        );
    }

    #[test]
    fn one_member_card_has_the_fields_of_the_sample_in_its_order() {
        let card = CardFacts { sub_merchant_id: 77, ..card(4, "pM", CardType::MemberCard, Source::Api) };
        let rows = [row("2015-06-23", Scope::Card(CardNo(4)), numbered())];
        assert_eq!(
            text(member_card_detail(&rows, &card)),
            concat!(
                r#"{"list":[{"ref_date":"2015-06-23","merchanttype":2,"cardid":"pM","submerchantid":77,"view_cnt":1,"#,
                r#""view_user":2,"receive_cnt":3,"receive_user":4,"verify_cnt":5,"verify_user":6,"active_cnt":11,"#,
                r#""active_user":12,"total_user":14,"new_user":13,"payOriginalFee":17,"fee":16,"#,
                r#""total_receive_user":15}]}"#
            )
        );
    }

    #[test]
    fn rows_are_sorted_by_day_and_then_by_the_bytes_of_the_card_id() {
        let cards = [
            card(1, "p_b", CardType::Cash, Source::Api),
            card(2, "pZ", CardType::Gift, Source::Api),
            card(3, "pa", CardType::Discount, Source::Api),
        ];
        let rows: Vec<DayRow> = ["2017-12-29", "2017-12-28"]
            .iter()
            .flat_map(|day| [1, 2, 3].map(|no| row(day, Scope::Card(CardNo(no)), numbered())))
            .collect();
        let list = card_info(&rows, &cards, Source::Api, None, TypeNumbering::default());
        let order: Vec<String> = list.iter().map(|row| format!("{} {}", row.ref_date, row.card_id)).collect();
        let days = ["2017-12-28", "2017-12-29"];
        let expected: Vec<String> =
            days.iter().flat_map(|day| ["pZ", "p_b", "pa"].map(|id| format!("{day} {id}"))).collect();
        assert_eq!(order, expected);
    }

    #[test]
    fn only_coupons_of_the_source_and_of_the_named_card_are_listed() {
        let cards = [
            card(1, "p1", CardType::Groupon, Source::Api),
            card(2, "p2", CardType::Groupon, Source::Console),
            card(3, "p3", CardType::MemberCard, Source::Api),
            card(4, "p4", CardType::MovieTicket, Source::Api),
            card(5, "p5", CardType::Cash, Source::Api),
            card(6, "p6", CardType::GeneralCard, Source::Api),
        ];
        let rows: Vec<DayRow> =
            (1..=7).map(|no| row("2017-12-28", Scope::Card(CardNo(no)), numbered())).collect();
        let ids = |source, only: Option<&str>| -> Vec<String> {
            let only = only.map(CardId::from);
            let list = card_info(&rows, &cards, source, only.as_ref(), TypeNumbering::Documented);
            list.iter().map(|row| row.card_id.to_string()).collect()
        };
        assert_eq!(ids(Source::Api, None), ["p1", "p5"]);
        assert_eq!(ids(Source::Console, None), ["p2"]);
        assert_eq!(ids(Source::Api, Some("p5")), ["p5"]);
        assert!(ids(Source::Console, Some("p5")).is_empty());
        assert!(ids(Source::Api, Some("p3")).is_empty());
        assert!(ids(Source::Api, Some("unknown")).is_empty());
        assert!(member_card_detail(&rows, &cards[0]).is_empty());
    }

    #[test]
    fn days_without_activity_are_left_out_unless_there_are_members() {
        let quiet = Counts { total_user: 86, ..Counts::default() };
        let claimed = Counts { total_receive_user: 1, ..Counts::default() };
        let (coupons, members) = (Scope::Coupons(Source::Api), Scope::Members(Source::Api));
        let rows = [
            row("2015-06-21", members, Counts::default()),
            row("2015-06-22", members, claimed),
            row("2015-06-23", members, quiet),
            row("2015-06-23", coupons, Counts::default()),
            row("2015-06-23", Scope::Card(CardNo(1)), Counts::default()),
            row("2015-06-24", Scope::Card(CardNo(1)), quiet),
        ];
        assert_eq!(text(biz_uin_info(&rows, Source::Api)), r#"{"list":[]}"#);
        assert_eq!(member_card_info(&rows, Source::Api).len(), 2);
        let member_card = card(1, "p1", CardType::MemberCard, Source::Api);
        assert_eq!(member_card_detail(&rows, &member_card).len(), 1);
        let coupon = [card(1, "p1", CardType::Gift, Source::Api)];
        assert!(card_info(&rows, &coupon, Source::Api, None, TypeNumbering::Documented).is_empty());
    }

    #[test]
    fn the_same_kinds_of_card_have_a_number_in_both_numberings() {
        for &kind in CardType::ALL {
            let numbers = [TypeNumbering::Documented, TypeNumbering::Console].map(|n| n.number(kind));
            assert_eq!(numbers[0].is_some(), numbers[1].is_some(), "{kind}");
        }
        assert_eq!(TypeNumbering::Documented.number(CardType::Groupon), Some(4));
        assert_eq!(TypeNumbering::Console.number(CardType::Groupon), Some(1));
    }
}
