//! The review status of a card and its names on the wire. WeChat manual: "管理卡券" (manage cards), `status` and
//! `status_list`.

use crate::stored_enum;

stored_enum! {
    /// The review status of a card, with its name in `card/get`.
    pub enum CardStatus, wire {
        /// Waiting for review.
        NotVerify = 1, "CARD_STATUS_NOT_VERIFY";
        /// Refused by review.
        VerifyFail = 2, "CARD_STATUS_VERIFY_FAIL";
        /// Approved: the card can be claimed.
        VerifyOk = 3, "CARD_STATUS_VERIFY_OK";
        /// Deleted by the merchant.
        Delete = 4, "CARD_STATUS_DELETE";
        /// Published from the console: the card can be claimed.
        Dispatch = 6, "CARD_STATUS_DISPATCH";
    }
}

impl CardStatus {
    /// The status with this name. Older spellings are accepted.
    pub fn from_wire(name: &str) -> Option<CardStatus> {
        match name {
            "CARD_STATUS_NOT_VERIFY" => Some(CardStatus::NotVerify),
            "CARD_STATUS_VERIFY_FAIL" | "CARD_STATUS_VERIFY_FALL" => Some(CardStatus::VerifyFail),
            "CARD_STATUS_VERIFY_OK" => Some(CardStatus::VerifyOk),
            "CARD_STATUS_DELETE" | "CARD_STATUS_USER_DELETE" => Some(CardStatus::Delete),
            "CARD_STATUS_DISPATCH" | "CARD_STATUS_USER_DISPATCH" => Some(CardStatus::Dispatch),
            _ => None,
        }
    }

    /// Every status except that of deleted cards.
    pub const BUT_DELETED: &'static [CardStatus] =
        &[CardStatus::NotVerify, CardStatus::VerifyFail, CardStatus::VerifyOk, CardStatus::Dispatch];

    /// Whether holders may claim cards with this status.
    pub const fn is_open(self) -> bool {
        matches!(self, CardStatus::VerifyOk | CardStatus::Dispatch)
    }
}
