//! The states of a code, and the error for each of them. WeChat manual: "核销卡券" (consume cards), `user_card_status`
//! and the errcodes of its calls.

use crate::error::{ErrCode, Error};
use crate::stored_enum;

stored_enum! {
    /// `user_card_status`.
    pub enum CodeState, wire {
        /// The holder has the code. Its window may not have begun yet.
        Normal = 1, "NORMAL";
        Consumed = 2, "CONSUMED";
        /// The code's window has ended. This state is never stored.
        Expire = 3, "EXPIRE";
        /// The holder has offered the code to a friend.
        Gifting = 4, "GIFTING";
        /// A friend accepted the gift. This is the state of the giver's code.
        GiftSucc = 5, "GIFT_SUCC";
        /// The gift was not accepted in time. This state is never stored.
        GiftTimeout = 6, "GIFT_TIMEOUT";
        /// The holder deleted the code.
        Delete = 7, "DELETE";
        /// The merchant made the code unavailable.
        Unavailable = 8, "UNAVAILABLE";
    }
}

impl CodeState {
    /// Whether the holder has the code in the wallet, and it can still expire or be given away.
    pub const fn is_live(self) -> bool {
        matches!(self, CodeState::Normal | CodeState::Gifting | CodeState::GiftTimeout)
    }

    /// The error of a call that needs a usable code, for a code in this state.
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
