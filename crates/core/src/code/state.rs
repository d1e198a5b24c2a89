//! The states of a code and what a refusal in each of them says.
//! WeChat manual: "核销卡券" (consume cards), `user_card_status` and the errcodes of its calls.

use crate::error::{ErrCode, Error};

/// `user_card_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeState {
    /// Held, also before its window begins.
    Normal,
    /// Consumed.
    Consumed,
    /// Its window has ended. Never stored.
    Expire,
    /// Being given to a friend.
    Gifting,
    /// Given to a friend; the giver's side.
    GiftSucc,
    /// Not accepted in time. Never stored.
    GiftTimeout,
    /// Deleted by its holder.
    Delete,
    /// Made unavailable by the merchant.
    Unavailable,
}

impl CodeState {
    /// The name in `user_card_status`.
    pub const fn wire(self) -> &'static str {
        match self {
            CodeState::Normal => "NORMAL",
            CodeState::Consumed => "CONSUMED",
            CodeState::Expire => "EXPIRE",
            CodeState::Gifting => "GIFTING",
            CodeState::GiftSucc => "GIFT_SUCC",
            CodeState::GiftTimeout => "GIFT_TIMEOUT",
            CodeState::Delete => "DELETE",
            CodeState::Unavailable => "UNAVAILABLE",
        }
    }

    /// The number in stored rows; never changed once given.
    pub const fn code(self) -> u8 {
        match self {
            CodeState::Normal => 1,
            CodeState::Consumed => 2,
            CodeState::Expire => 3,
            CodeState::Gifting => 4,
            CodeState::GiftSucc => 5,
            CodeState::GiftTimeout => 6,
            CodeState::Delete => 7,
            CodeState::Unavailable => 8,
        }
    }

    /// The state with this stored number.
    pub const fn from_code(code: u8) -> Option<CodeState> {
        Some(match code {
            1 => CodeState::Normal,
            2 => CodeState::Consumed,
            3 => CodeState::Expire,
            4 => CodeState::Gifting,
            5 => CodeState::GiftSucc,
            6 => CodeState::GiftTimeout,
            7 => CodeState::Delete,
            8 => CodeState::Unavailable,
            _ => return None,
        })
    }

    /// Whether the holder still has it in the wallet and time or a gift can take it away.
    pub const fn is_live(self) -> bool {
        matches!(self, CodeState::Normal | CodeState::Gifting | CodeState::GiftTimeout)
    }

    /// The refusal of a call that needs a usable code, for a code in this state.
    pub fn refusal(self) -> Error {
        let (code, reason) = match self {
            CodeState::GiftSucc => (ErrCode::InvalidSerialCode, "was given to a friend"),
            CodeState::Consumed => (ErrCode::CodeConsumed, "was consumed before"),
            CodeState::Normal => (ErrCode::InvalidUserCardStatus, "is NORMAL"),
            CodeState::Expire => (ErrCode::InvalidUserCardStatus, "is EXPIRE"),
            CodeState::Gifting => (ErrCode::InvalidUserCardStatus, "is GIFTING"),
            CodeState::GiftTimeout => (ErrCode::InvalidUserCardStatus, "is GIFT_TIMEOUT"),
            CodeState::Delete => (ErrCode::InvalidUserCardStatus, "is DELETE"),
            CodeState::Unavailable => (ErrCode::InvalidUserCardStatus, "is UNAVAILABLE"),
        };
        Error::field(code, "code", reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_numbers_lead_back_to_the_state() {
        for n in 1..=8 {
            assert_eq!(CodeState::from_code(n).map(CodeState::code), Some(n));
        }
        assert_eq!(CodeState::from_code(0), None);
    }
}
