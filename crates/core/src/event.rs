//! The event log: one small row of fixed shape per change, numbered per app in commit order. Statistics,
//! the holder index and event push are readers of these rows and of nothing else.

use crate::id::{CardNo, CodeSeq, EventSeq, OpenId};
use crate::stored_enum;
use crate::time::{Day, Timestamp};

stored_enum! {
    pub enum EventKind, name from_name {
        /// A card was created.
        CardCreate = 1, "card_create";
        /// A card was changed; `amount` is 1 when it went to review.
        CardUpdate = 2, "card_update";
        /// A card passed review (card_pass_check).
        ReviewPass = 3, "review_pass";
        /// A card was refused by review (card_not_pass_check); `detail` is the reason.
        ReviewRefuse = 4, "review_refuse";
        /// Stock was changed; `amount` is the difference.
        StockChange = 5, "stock_change";
        /// A card was deleted.
        CardDelete = 6, "card_delete";
        /// Codes were imported; `amount` is how many.
        CodeDeposit = 7, "code_deposit";
        /// A claim found the stock low (card_sku_remind); `amount` is what was left. Only claims that succeed emit it.
        /// A refused claim leaves the working set as it was, so it can be retried under its key. Refusals for lack of
        /// stock come too often to be written. The claim that took the last one reminded.
        SkuRemind = 8, "sku_remind";
        /// A holder opened the card's page (user_view_card), also by scanning the code of a member card that is held;
        /// `detail` is the channel.
        View = 10, "view";
        /// A holder claimed a code from stock (user_get_card); `detail` is the channel, `amount` the older number of it
        /// (OuterId), `amount2` what led there (SourceScene): 0 nothing known, 1 a QR code, 2 a page.
        Claim = 11, "claim";
        /// A code was consumed (user_consume_card). `amount` is the source: 0 the API, 1 the console, 2 a phone.
        /// `detail` is the till's channel for the API; what a holder entered or paid with, a `PhoneNote` as JSON, for
        /// a phone.
        Consume = 12, "consume";
        /// A holder began to give a code away (user_gifting_card); `amount` is 1 where it was sent to a group.
        GiftStart = 13, "gift_start";
        /// A friend accepted a code: `openid` gave it, `friend` has it, `code` is the new code, `other_code` the old.
        GiftAccept = 14, "gift_accept";
        /// A gift came back to its holder (user_gifting_card with IsReturnBack); `friend` is whom it was meant for.
        GiftReturn = 15, "gift_return";
        /// A holder deleted a code (user_del_card).
        CodeDelete = 16, "code_delete";
        /// The merchant made a code unavailable; `detail` is the reason.
        CodeUnavailable = 17, "code_unavailable";
        /// A code's window ended with the code unconsumed; dated to the last second of the window.
        Expire = 18, "expire";
        /// The merchant replaced a code's text.
        CodeUpdate = 19, "code_update";
        /// A deleted member card was restored by its holder.
        Restore = 20, "restore";
        /// A code that had expired can be used again because its card was widened; dated to the change of the card.
        Revive = 21, "revive";
        /// A consume was undone by the merchant; `amount` is how many seconds after it.
        ConsumeReturn = 22, "consume_return";
        /// An expiry that a clock which was ahead recorded before its time; `kaquan doctor` turned it into this. No number
        /// counts it. Dated as it was.
        ExpireUndone = 24, "expire_undone";
        /// A member card or general card became active; `amount` and `amount2` are the points and the balance it got by
        /// that, `detail` says why.
        Activate = 30, "activate";
        /// The merchant changed a member's points, balance or fields (update_member_card); `amount` and `amount2` are
        /// the differences of points and balance, `detail` is the note sent with them, a `MemberNote` as JSON.
        MemberUpdate = 31, "member_update";
        /// A holder paid with the card (user_pay_from_pay_cell); `amount` is what was paid, `amount2` what was due,
        /// in fen;
        /// `detail` is the number of the payment.
        Pay = 32, "pay";
        /// A holder filled in the form of a member card (submit_membercard_user_info); `amount` is 1 where an active
        /// member changed answers.
        FormSubmit = 33, "form_submit";
        /// A general card was claimed with points or a balance of its own; `amount` and `amount2` are the points and the
        /// balance.
        InitBalance = 34, "init_balance";
        /// The merchant ended the activation of a general card.
        Unactivate = 35, "unactivate";
        /// A sub-merchant passed review or was refused (card_merchant_check_result); of no card, `amount` is the
        /// sub-merchant, `amount2` is 1 if it passed, `detail` the reason if not.
        SubMerchantReview = 40, "sub_merchant_review";
        /// A store was checked (poi_check_notify); of no card, `amount` is the store, `detail` the merchant's id of it.
        PoiCheck = 41, "poi_check";
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Number within the app, in commit order.
    pub seq: EventSeq,
    /// When it happened.
    pub at: Timestamp,
    pub kind: EventKind,
    /// The card it happened to; 0 for what happens to none.
    pub card: CardNo,
    /// The code it happened to.
    pub code: Option<CodeSeq>,
    /// The holder who acted, or who holds the code.
    pub openid: Option<OpenId>,
    /// The other holder of a gift.
    pub friend: Option<OpenId>,
    /// The other code of a gift.
    pub other_code: Option<CodeSeq>,
    /// A number, by kind.
    pub amount: i64,
    /// A second number, by kind.
    pub amount2: i64,
    /// A short text, by kind.
    pub detail: Option<String>,
}

impl Event {
    /// An event of this kind on a card, with nothing else set. Its number is given when it is recorded.
    pub fn new(kind: EventKind, at: Timestamp, card: CardNo) -> Event {
        Event {
            seq: EventSeq(0),
            at,
            kind,
            card,
            code: None,
            openid: None,
            friend: None,
            other_code: None,
            amount: 0,
            amount2: 0,
            detail: None,
        }
    }

    /// The same event about this code of this holder.
    pub fn of(mut self, code: CodeSeq, openid: &OpenId) -> Event {
        self.code = Some(code);
        self.openid = Some(openid.clone());
        self
    }

    /// The UTC+8 day it counts in.
    pub fn day(&self) -> Day {
        self.at.day()
    }
}
