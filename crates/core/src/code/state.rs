//! The states of a code and what a refusal in each of them says. WeChat manual: "核销卡券" (consume cards),
//! `user_card_status` and the errcodes of its calls.

use crate::error::{ErrCode, Error};
use crate::stored_enum;

stored_enum! {
    /// `user_card_status`.
    pub enum CodeState, wire {
        /// Held, also before its window begins.
        Normal = 1, "NORMAL";
        Consumed = 2, "CONSUMED";
        /// Its window has ended. Never stored.
        Expire = 3, "EXPIRE";
        /// Being given to a friend.
        Gifting = 4, "GIFTING";
        /// Given to a friend; the giver's side.
        GiftSucc = 5, "GIFT_SUCC";
        /// Not accepted in time. Never stored.
        GiftTimeout = 6, "GIFT_TIMEOUT";
        /// Deleted by its holder.
        Delete = 7, "DELETE";
        /// Made unavailable by the merchant.
        Unavailable = 8, "UNAVAILABLE";
    }
}

impl CodeState {
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
