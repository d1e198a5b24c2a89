//! The event log: one small row for each change, with a fixed form, numbered for each app in the order of commits.
//! Statistics, the holder index and event push read only these rows.

use crate::id::{CardNo, CodeSeq, EventSeq, OpenId};
use crate::stored_enum;
use crate::time::{Day, Timestamp};

stored_enum! {
    pub enum EventKind, name from_name {
        /// A card was created.
        CardCreate = 1, "card_create";
        /// A card was changed; `amount` is 1 if it went back to review.
        CardUpdate = 2, "card_update";
        /// A card was approved (card_pass_check).
        ReviewPass = 3, "review_pass";
        /// A reviewer refused a card (card_not_pass_check); `detail` is the reason.
        ReviewRefuse = 4, "review_refuse";
        /// The stock was changed; `amount` is the difference.
        StockChange = 5, "stock_change";
        /// A card was deleted.
        CardDelete = 6, "card_delete";
        /// Codes were imported; `amount` is their number.
        CodeDeposit = 7, "code_deposit";
        /// A claim found the stock low (card_sku_remind); `amount` is the stock that was left. Only successful claims
        /// emit it. A refused claim changes nothing, so that it can be repeated with the same key. Refusals for lack
        /// of stock are also too many to record, and the claim that took the last code has already emitted the
        /// reminder.
        SkuRemind = 8, "sku_remind";
        /// A holder viewed the card's page (user_view_card), or claimed a member card that the holder already has.
        /// `detail` is the channel.
        View = 10, "view";
        /// A holder claimed a code from stock (user_get_card). `detail` is the channel, and `amount` is the channel
        /// as a number in the older form (OuterId). `amount2` is the source (SourceScene): 0 unknown, 1 a QR code, 2
        /// a page, 3 the form of a member card, 4 a text message.
        Claim = 11, "claim";
        /// A code was consumed (user_consume_card). `amount` is the source: 0 the API, 1 the console, 2 a phone. For
        /// the API, `detail` is the till's channel. For a phone, it is the holder's input or payment: a `PhoneNote`
        /// as JSON.
        Consume = 12, "consume";
        /// A holder offered a code to a friend (user_gifting_card); `amount` is 1 if the gift was sent to a group.
        GiftStart = 13, "gift_start";
        /// A friend accepted a code. `openid` is the giver, `friend` is the new holder, `code` is the new code,
        /// `other_code` the giver's code.
        GiftAccept = 14, "gift_accept";
        /// A gift returned to its giver (user_gifting_card with IsReturnBack); `friend` is the friend who could have
        /// accepted.
        GiftReturn = 15, "gift_return";
        /// A holder deleted a code (user_del_card).
        CodeDelete = 16, "code_delete";
        /// The merchant made a code unavailable; `detail` is the reason.
        CodeUnavailable = 17, "code_unavailable";
        /// The window of a code ended and the code was not consumed. The time is the last second of the window.
        Expire = 18, "expire";
        /// The merchant replaced a code's text.
        CodeUpdate = 19, "code_update";
        /// A deleted member card was restored by its holder.
        Restore = 20, "restore";
        /// An expired code became valid again because its card was widened. The time is that of the card's change.
        Revive = 21, "revive";
        /// The merchant undid a consume; `amount` is the number of seconds after the consume.
        ConsumeReturn = 22, "consume_return";
        /// A clock that was ahead recorded this expiry too early, and `kaquan doctor` changed the event to this kind.
        /// No report counts the event. Its time stays the same.
        ExpireUndone = 24, "expire_undone";
        /// A member card or general card became active; `amount` and `amount2` are the changes of points and balance by
        /// the activation. `detail` is the merchant's reason for the points.
        Activate = 30, "activate";
        /// The merchant changed a member's points, balance or fields (update_member_card). `amount` and `amount2` are
        /// the differences of points and balance. `detail` is the note in the request: a `MemberNote` as JSON.
        MemberUpdate = 31, "member_update";
        /// A holder paid with the card (user_pay_from_pay_cell). `amount` is the paid and `amount2` the due amount,
        /// in fen. `detail` is the number of the payment.
        Pay = 32, "pay";
        /// A holder submitted the activation form of a member card (submit_membercard_user_info); `amount` is 1 if an
        /// active member changed answers.
        FormSubmit = 33, "form_submit";
        /// A general card was claimed with points or a balance of its own; `amount` and `amount2` are the points and
        /// the balance.
        InitBalance = 34, "init_balance";
        /// The merchant ended the activation of a general card.
        Unactivate = 35, "unactivate";
        /// A sub-merchant passed review or was refused (card_merchant_check_result). There is no card; `amount` is the
        /// sub-merchant, `amount2` is 1 if it passed, `detail` is the reason of a refusal.
        SubMerchantReview = 40, "sub_merchant_review";
        /// A store was checked (poi_check_notify). There is no card; `amount` is the store, `detail` is the
        /// merchant's id of the store.
        PoiCheck = 41, "poi_check";
    }
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The number within the app, in the order of commits.
    pub seq: EventSeq,
    /// When the event happened.
    pub at: Timestamp,
    pub kind: EventKind,
    /// The card of the event; 0 if there is none.
    pub card: CardNo,
    /// The code of the event.
    pub code: Option<CodeSeq>,
    /// The holder who acted, or the holder of the code.
    pub openid: Option<OpenId>,
    /// The other holder of a gift.
    pub friend: Option<OpenId>,
    /// The other code of a gift.
    pub other_code: Option<CodeSeq>,
    /// A number whose meaning depends on the kind.
    pub amount: i64,
    /// A second number whose meaning depends on the kind.
    pub amount2: i64,
    /// A short text whose meaning depends on the kind.
    pub detail: Option<String>,
    /// The store of a consume, of its return or of a payment; `None` if it is not known.
    pub location_id: Option<i64>,
    /// Who consumed or took the payment: an openid, or the account at the till.
    pub staff: Option<String>,
}

impl Event {
    /// An event of this kind for a card, without other values. It gets its number when it is emitted.
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
            location_id: None,
            staff: None,
        }
    }

    /// The same event for this code of this holder.
    pub fn of(mut self, code: CodeSeq, openid: &OpenId) -> Event {
        self.code = Some(code);
        self.openid = Some(openid.clone());
        self
    }

    /// The day on which it counts, in UTC+8.
    pub fn day(&self) -> Day {
        self.at.day()
    }
}
