//! A code: one issued instance of a card, with its holder. This file has the row and the state at a given time; each
//! operation has its own file.
//!
//! WeChat manual: "核销卡券" (consume cards) and "管理卡券" (manage cards), `user_card_status`.

mod accept;
pub(crate) mod claim;
pub(crate) mod consume;
mod consume_return;
mod delete;
mod deposit;
mod deposited;
mod dynamic;
pub(crate) mod expire;
mod find;
mod get;
mod gift;
mod gift_return;
mod import;
mod import_parts;
mod mark;
mod number;
mod self_consume;
mod show;
mod standing;
mod state;
mod unavailable;
mod update;
mod view;

pub use accept::AcceptGift;
pub use claim::{
    CardExtUse, Claim, ClaimOutcome, GetClaim, NamedHolder, OUTER_STR_MAX, QrScan, REQUEST_NO_MAX, Via,
    check_outer_id,
};
pub use consume::{Consume, ConsumeSource, ConsumedCode, PhoneNote};
pub use consume_return::{ReturnConsume, ReturnedConsume};
pub use delete::DeleteCode;
pub use deposit::{CODES_PER_CALL, DepositCodes, DepositOutcome};
pub use deposited::{CheckCodes, GetDepositCount};
pub use dynamic::{
    DYNAMIC_DRAWS, DYNAMIC_REMEMBERED_SECS, DYNAMIC_VALID_SECS, DynamicCode, IssueDynamic, dynamic_text,
};
pub use expire::{ExpireCodes, OwedEvent, owed_event};
pub use get::{GetCode, ShownCode};
pub use gift::{Gift, GiftNo};
pub use gift_return::{GiftState, ReturnGift};
pub use import::{CODES_PER_CHUNK, CODES_PER_PART, FILE_MAX, ImportCodes, ImportOutcome};
pub use import_parts::ImportParts;
pub use mark::MarkCode;
pub use self_consume::SelfConsume;
pub use show::{ShowCode, ShownMember};
pub use unavailable::{MakeUnavailable, UnavailableReason, reason_key};
pub use update::UpdateCode;
pub use view::View;

pub use number::CodeCipher;
pub use standing::{CodeStanding, FindStanding};
pub use state::CodeState;

use crate::app::App;
use crate::card::{Card, Window};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CardNo, CodeSeq, CodeText, OpenId};
use crate::stored_enum;
use crate::time::Timestamp;

stored_enum! {
    /// How a holder got a code.
    pub enum Origin {
        /// Claimed from the stock.
        Claimed = 1;
        /// Accepted from a friend.
        Given = 2;
    }
}

/// The row of a code. The states EXPIRE and GIFT_TIMEOUT are never stored, because they depend on the clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code's number within the app.
    pub seq: CodeSeq,
    /// The card of the code.
    pub card: CardNo,
    /// The holder.
    pub openid: OpenId,
    /// The text, if the merchant chose it. The text of a system code is computed from its number.
    pub custom: Option<CodeText>,
    /// The stored state.
    pub state: CodeState,
    /// How the holder got the code.
    pub origin: Origin,
    /// When the holder got the code.
    pub claimed_at: Timestamp,
    /// The time from which its window is counted. It is earlier than `claimed_at` for a code from a friend.
    pub window_at: Timestamp,
    /// The code's own window, set by the claim or by the activation of a member card or general card.
    pub own_window: Option<Window>,
    /// The channel of the claim.
    pub outer_str: Option<String>,
    /// When the state was last written. For GIFTING, this is when the gift began.
    pub changed_at: Timestamp,
    /// The only friend who may accept the gift, while GIFTING.
    pub gift_to: Option<OpenId>,
    /// The holder for which `code/mark` marked the code.
    pub marked_for: Option<OpenId>,
    /// The end of the window whose expiry is already in the log.
    pub expired_at: Option<Timestamp>,
}

impl Code {
    /// The first and the last second in which the code can be used.
    pub fn window(&self, card: &Card) -> Window {
        self.own_window.unwrap_or_else(|| card.terms.date_info.window(self.window_at))
    }

    /// Refuses a code whose state at `now` is not NORMAL. The window of the code may not have begun yet.
    ///
    /// # Errors
    ///
    /// The error for its state: 40099 or 40127.
    pub fn check_normal(&self, app: &App, card: &Card, now: Timestamp) -> Result<()> {
        match self.state_at(app, card, now) {
            CodeState::Normal => Ok(()),
            state => Err(state.refusal()),
        }
    }

    /// The state at `now`.
    pub fn state_at(&self, app: &App, card: &Card, now: Timestamp) -> CodeState {
        match self.state {
            CodeState::Normal | CodeState::Gifting if self.window(card).end.is_before(now) => {
                CodeState::Expire
            }
            CodeState::Gifting if self.changed_at.plus(app.gift_timeout_secs) <= now => {
                CodeState::GiftTimeout
            }
            state => state,
        }
    }

    /// Checks whether the code can be used at `now`.
    ///
    /// # Errors
    ///
    /// 40079 before or after its window; otherwise the error for a state other than NORMAL.
    pub fn check_usable(&self, app: &App, card: &Card, now: Timestamp) -> Result<()> {
        let refused = |reason: &str| Err(Error::field(ErrCode::InvalidTime, "code", reason));
        match self.state_at(app, card, now) {
            CodeState::Normal if self.window(card).begin > now => refused("is not valid yet"),
            CodeState::Normal => Ok(()),
            CodeState::Expire => refused("has expired"),
            state => Err(state.refusal()),
        }
    }
}

/// How a request names a code: by a text, and a card id if it is a custom code. Whether the text is that of a custom
/// code depends on the card.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeRef {
    /// The text of the code as it was sent.
    pub text: CodeText,
    /// The number for this text, if it is a system code of the app.
    pub seq: Option<CodeSeq>,
    /// The card id in the request.
    pub card_id: Option<CardId>,
    /// For a text with the form of a dynamic code, in a call that accepts dynamic codes: the dynamic code must have
    /// been issued after this second.
    pub dynamic_after: Option<Timestamp>,
}

impl CodeRef {
    /// A code by its text. If the text has the form of a system code, its number is computed.
    pub fn new(cipher: &CodeCipher, text: impl Into<CodeText>, card_id: Option<CardId>) -> CodeRef {
        let text = text.into();
        CodeRef { seq: cipher.seq(text.as_str()), text, card_id, dynamic_after: None }
    }
}
