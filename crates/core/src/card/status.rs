//! The review status of a card and its names on the wire.
//! WeChat manual: "管理卡券" (manage cards), `status` and `status_list`.

/// Where a card stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CardStatus {
    /// Waiting for review.
    NotVerify,
    /// Refused by review.
    VerifyFail,
    /// Passed review: can be claimed.
    VerifyOk,
    /// Deleted by the merchant.
    Delete,
    /// Put out from the console: can be claimed.
    Dispatch,
}

impl CardStatus {
    /// The name `card/get` answers.
    pub const fn wire(self) -> &'static str {
        match self {
            CardStatus::NotVerify => "CARD_STATUS_NOT_VERIFY",
            CardStatus::VerifyFail => "CARD_STATUS_VERIFY_FAIL",
            CardStatus::VerifyOk => "CARD_STATUS_VERIFY_OK",
            CardStatus::Delete => "CARD_STATUS_DELETE",
            CardStatus::Dispatch => "CARD_STATUS_DISPATCH",
        }
    }

    /// The status with this name, older spellings included.
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

    /// Every status but that of deleted cards.
    pub const BUT_DELETED: &'static [CardStatus] =
        &[CardStatus::NotVerify, CardStatus::VerifyFail, CardStatus::VerifyOk, CardStatus::Dispatch];

    /// The number in stored rows.
    pub const fn code(self) -> u8 {
        match self {
            CardStatus::NotVerify => 1,
            CardStatus::VerifyFail => 2,
            CardStatus::VerifyOk => 3,
            CardStatus::Delete => 4,
            CardStatus::Dispatch => 6,
        }
    }

    /// The status with this stored number.
    pub const fn from_code(code: u8) -> Option<CardStatus> {
        match code {
            1 => Some(CardStatus::NotVerify),
            2 => Some(CardStatus::VerifyFail),
            3 => Some(CardStatus::VerifyOk),
            4 => Some(CardStatus::Delete),
            6 => Some(CardStatus::Dispatch),
            _ => None,
        }
    }

    /// Whether holders may claim.
    pub const fn is_open(self) -> bool {
        matches!(self, CardStatus::VerifyOk | CardStatus::Dispatch)
    }
}
