//! The engine: the operations there are, and how a batch of them is applied to a working set.

pub mod audit;
pub mod expected;
pub mod keys;
pub mod once;
pub mod record;
#[cfg(test)]
pub(crate) mod testing;
pub mod working_set;

pub use audit::{Audit, AuditEntry};
pub use expected::Expected;
pub use keys::Keys;
pub use once::{Answered, EarlierUse, FindOnce, Once, Request};
pub use record::{Record, RecordKey, RecordKind, StoredRecord};
pub use working_set::{Change, CustomCode, HeldCode, HolderCard, Pool, Rows, WorkingSet};

use crate::error::{Error, Result};
use crate::time::Timestamp;
use crate::{card, code, identity, member, pay_gift, poi, sub_merchant, ticket};
use serde::{Deserialize, Serialize};

/// A change to the world. Asked for its keys until it names none that is not loaded; then applied.
pub trait Apply {
    /// What the caller is told.
    type Reply;

    /// Adds the rows it needs, as far as the rows loaded so far tell.
    fn keys(&self, ws: &WorkingSet, keys: &mut Keys);

    /// Applies the rule at `now`. Every check comes before the first change, so that an error leaves the set as it
    /// was.
    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Self::Reply>;
}

/// Rounds of loading operations may need: the card, then the code, then the holder, with room to spare.
const ROUNDS_MAX: usize = 8;

/// Loads rows until `ask` names none that is missing.
///
/// Errors: what `load` answers; -1 when there is no end to the asking, which is a bug.
pub fn load_rounds<E: From<Error>>(
    set: &mut WorkingSet,
    ask: impl Fn(&WorkingSet, &mut Keys),
    mut load: impl FnMut(&Keys, &mut WorkingSet) -> Result<(), E>,
) -> Result<(), E> {
    for _ in 0..ROUNDS_MAX {
        let mut keys = Keys::default();
        ask(set, &mut keys);
        set.missing(&mut keys);
        if keys.is_empty() {
            return Ok(());
        }
        load(&keys, set)?;
    }
    Err(Error::internal("an operation asks for rows without end").into())
}

macro_rules! operations {
    ($($name:ident($type:ty) -> $reply:ty, $text:literal;)*) => {
        /// Every operation there is.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Operation { $(#[doc = $text] $name($type),)* }

        /// What operations answer, one variant for each.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub enum Reply { $(#[doc = $text] $name($reply),)* }

        impl Operation {
            /// The name in logs and metrics.
            pub const fn name(&self) -> &'static str {
                match self { $(Operation::$name(_) => $text,)* }
            }

            /// The names of all operations.
            pub const NAMES: &'static [&'static str] = &[$($text,)*];
        }

        impl Apply for Operation {
            type Reply = Reply;

            fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
                match self { $(Operation::$name(op) => op.keys(ws, keys),)* }
            }

            fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Reply> {
                match self { $(Operation::$name(op) => op.apply(ws, now).map(Reply::$name),)* }
            }
        }

        $(
            impl From<$type> for Operation {
                fn from(op: $type) -> Operation {
                    Operation::$name(op)
                }
            }

            impl Typed for $type {
                fn reply(reply: Reply) -> Result<$reply> {
                    match reply {
                        Reply::$name(reply) => Ok(reply),
                        other => Err(Error::internal(format!("{} answered {other:?}", $text))),
                    }
                }
            }
        )*
    };
}

impl Operation {
    /// About how many single changes it is: what brings codes by the hundred holds up a batch for longer.
    pub fn weight(&self) -> usize {
        match self {
            Operation::DepositCodes(op) => op.codes.len().max(1),
            Operation::ImportCodes(op) => op.codes.len().max(1),
            Operation::ExpireCodes(op) => op.codes.len().max(1),
            _ => 1,
        }
    }
}

/// An operation whose reply can be taken out of [`Reply`].
pub trait Typed: Apply + Into<Operation> {
    /// Its own reply.
    ///
    /// Errors: -1 when the reply is another operation's, which would be a bug.
    fn reply(reply: Reply) -> Result<Self::Reply>;
}

operations! {
    CreateCard(card::create::CreateCard) -> crate::id::CardId, "create_card";
    UpdateCard(card::update::UpdateCard) -> card::update::Updated, "update_card";
    ReviewCard(card::review::ReviewCard) -> (), "review_card";
    ModifyStock(card::modify_stock::ModifyStock) -> (), "modify_stock";
    DeleteCard(card::delete::DeleteCard) -> (), "delete_card";
    SetPayCell(card::pay_cell::SetPayCell) -> (), "set_pay_cell";
    SetSelfConsumeCell(card::self_consume_cell::SetSelfConsumeCell) -> (), "set_self_consume_cell";
    Claim(code::claim::Claim) -> code::claim::Claimed, "claim";
    SetWhiteList(card::white_list::SetWhiteList) -> (), "set_white_list";
    CreateLandingPage(card::landing_page::CreateLandingPage) -> i64, "create_landing_page";
    View(code::view::View) -> (), "view";
    Consume(code::consume::Consume) -> code::consume::Consumed, "consume";
    SelfConsume(code::self_consume::SelfConsume) -> code::consume::Consumed, "self_consume";
    ReturnConsume(code::consume_return::ReturnConsume) -> code::consume_return::Returned, "return_consume";
    MarkCode(code::mark::MarkCode) -> (), "mark_code";
    Gift(code::gift::Gift) -> (), "gift";
    ReturnGift(code::gift_return::ReturnGift) -> (), "return_gift";
    AcceptGift(code::accept::AcceptGift) -> code::claim::Claimed, "accept_gift";
    DeleteCode(code::delete::DeleteCode) -> (), "delete_code";
    MakeUnavailable(code::unavailable::MakeUnavailable) -> (), "make_unavailable";
    UpdateCode(code::update::UpdateCode) -> (), "update_code";
    DepositCodes(code::deposit::DepositCodes) -> code::deposit::Deposited, "deposit_codes";
    ImportCodes(code::import::ImportCodes) -> code::import::Imported, "import_codes";
    ExpireCodes(code::expire::ExpireCodes) -> u64, "expire_codes";
    Activate(member::activate::Activate) -> (), "activate";
    UpdateMember(member::update_user::UpdateMember) -> member::update_user::MemberTotals, "update_member";
    SetMemberForm(member::set_form::SetMemberForm) -> (), "set_member_form";
    SubmitForm(member::submit_form::SubmitForm) -> member::submit_form::Submitted, "submit_form";
    Pay(member::pay::Pay) -> (), "pay";
    UpdateTicket(ticket::update::UpdateTicket) -> (), "update_ticket";
    AddPayGift(pay_gift::add::AddPayGift) -> pay_gift::add::Added, "add_pay_gift";
    DeletePayGift(pay_gift::delete::DeletePayGift) -> (), "delete_pay_gift";
    ReleaseMchids(pay_gift::release::ReleaseMchids) -> Vec<pay_gift::Mchid>, "release_mchids";
    GivePayGift(pay_gift::give::GivePayGift) -> Option<pay_gift::give::Given>, "give_pay_gift";
    SubmitSubMerchant(sub_merchant::submit::SubmitSubMerchant) -> serde_json::Value, "submit_sub_merchant";
    UpdateSubMerchant(sub_merchant::update::UpdateSubMerchant) -> serde_json::Value, "update_sub_merchant";
    ReviewSubMerchant(sub_merchant::review::ReviewSubMerchant) -> (), "review_sub_merchant";
    AddPoi(poi::add::AddPoi) -> i64, "add_poi";
    UpdatePoi(poi::update::UpdatePoi) -> (), "update_poi";
    DeletePoi(poi::delete::DeletePoi) -> (), "delete_poi";
    SetIdentity(identity::SetIdentity) -> (), "set_identity";
    LeaveWallet(identity::leave::LeaveWallet) -> (), "leave_wallet";
    NoteAudit(audit::NoteAudit) -> (), "note_audit";
}
