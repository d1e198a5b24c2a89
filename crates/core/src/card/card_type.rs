//! The kinds of card: their names on the wire, the key of their fields, and their numbers in the reports.

use crate::stored_enum;
use std::fmt;

stored_enum! {
    /// The type of a card: its name in `card_type`, and the key of the object with the card's fields. WeChat manual:
    /// "创建卡券" (create a card).
    pub enum CardType, wire, key {
        /// Discount (折扣券), in percent.
        Discount = 0, "DISCOUNT", "discount";
        /// Cash voucher (代金券).
        Cash = 1, "CASH", "cash";
        /// Gift or exchange coupon (兑换券).
        Gift = 2, "GIFT", "gift";
        GeneralCoupon = 3, "GENERAL_COUPON", "general_coupon";
        /// Group purchase (团购券).
        Groupon = 4, "GROUPON", "groupon";
        MemberCard = 10, "MEMBER_CARD", "member_card";
        /// Scenic spot ticket (景区门票).
        ScenicTicket = 21, "SCENIC_TICKET", "scenic_ticket";
        MovieTicket = 22, "MOVIE_TICKET", "movie_ticket";
        BoardingPass = 23, "BOARDING_PASS", "boarding_pass";
        /// Conference ticket (会议门票).
        MeetingTicket = 24, "MEETING_TICKET", "meeting_ticket";
        /// Bus ticket (汽车票). It has only the fields of base_info.
        BusTicket = 25, "BUS_TICKET", "bus_ticket";
        /// Gift card (礼品卡), exchange card or campus card.
        GeneralCard = 30, "GENERAL_CARD", "general_card";
    }
}

impl CardType {
    /// The type with this name in `card_type`. Upper and lower case are equal.
    pub fn from_wire(name: &str) -> Option<CardType> {
        CardType::ALL.iter().copied().find(|kind| kind.wire().eq_ignore_ascii_case(name))
    }

    /// The number in the `card_type` of `datacube/getcardcardinfo`: 0 discount, 1 cash, 2 gift, 3 general coupon, 4
    /// group purchase. `None` for types that this report does not contain. WeChat manual: "卡券数据接口" (card statistics).
    pub const fn report_number(self) -> Option<u8> {
        match self {
            CardType::Discount => Some(0),
            CardType::Cash => Some(1),
            CardType::Gift => Some(2),
            CardType::GeneralCoupon => Some(3),
            CardType::Groupon => Some(4),
            _ => None,
        }
    }

    /// Whether this is a member card.
    pub const fn is_member_card(self) -> bool {
        matches!(self, CardType::MemberCard)
    }

    /// Whether its codes have points, a balance and own fields: member cards and general cards.
    pub const fn has_member_data(self) -> bool {
        matches!(self, CardType::MemberCard | CardType::GeneralCard)
    }
}

impl fmt::Display for CardType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wire())
    }
}

/// A set of card types, for tables that say which types have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Types(u32);

impl Types {
    /// Every type.
    pub const ALL: Types = Types(u32::MAX);

    /// The set of these types.
    pub const fn of(types: &[CardType]) -> Types {
        let (mut bits, mut i) = (0, 0);
        while i < types.len() {
            bits |= 1 << types[i].number();
            i += 1;
        }
        Types(bits)
    }

    /// Whether the set contains `kind`.
    pub const fn has(self, kind: CardType) -> bool {
        self.0 & (1 << kind.number()) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_lead_back_to_the_type() {
        for &kind in CardType::ALL {
            assert_eq!(CardType::from_wire(kind.wire()), Some(kind));
            assert_eq!(kind.key(), kind.wire().to_lowercase());
            assert!(Types::of(&[kind]).has(kind));
        }
        assert_eq!(CardType::from_wire("LUCKY_MONEY"), None);
    }
}
