//! The list of all operations, the commands that a caller can submit, and what a request adds to one: an idempotency key,
//! an expected state, an entry in the audit log. It stands above the nouns: they do not know it.

pub mod audit;
pub mod expected;
pub mod idempotency;
pub mod request;

pub use audit::{Audit, AuditEntry};
pub use expected::Expected;
pub use idempotency::{EarlierUse, FindEarlierUse, IdempotencyKey};
pub use request::{Answered, Request};

use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use crate::{card, code, identity, member, pay_gift, poi, sub_merchant, ticket};
use serde::{Deserialize, Serialize};

macro_rules! operations {
    ($($name:ident($type:ty) -> $reply:ty, $text:literal;)*) => {
        /// Every operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Operation { $(#[doc = $text] $name($type),)* }

        /// The replies of operations, one variant for each.
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

        impl Command for Operation {
            type Reply = Reply;

            fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
                match self { $(Operation::$name(op) => op.reads(ws, keys),)* }
            }

            fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Reply> {
                match self { $(Operation::$name(op) => op.apply(ws, now).map(Reply::$name),)* }
            }

            fn cost(&self) -> usize {
                match self { $(Operation::$name(op) => op.cost(),)* }
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
                        other => Err(Error::internal(format!("{} returned {other:?}", $text))),
                    }
                }
            }
        )*
    };
}

/// An operation whose reply can be taken out of [`Reply`].
pub trait Typed: Command + Into<Operation> {
    /// Its own reply.
    ///
    /// # Errors
    ///
    /// -1 if the reply is another operation's, which is a bug.
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
    SubmitSubMerchant(sub_merchant::submit::SubmitSubMerchant) -> sub_merchant::ShownSubMerchant, "submit_sub_merchant";
    UpdateSubMerchant(sub_merchant::update::UpdateSubMerchant) -> sub_merchant::ShownSubMerchant, "update_sub_merchant";
    ReviewSubMerchant(sub_merchant::review::ReviewSubMerchant) -> (), "review_sub_merchant";
    AddPoi(poi::add::AddPoi) -> i64, "add_poi";
    UpdatePoi(poi::update::UpdatePoi) -> (), "update_poi";
    DeletePoi(poi::delete::DeletePoi) -> (), "delete_poi";
    SetIdentity(identity::SetIdentity) -> (), "set_identity";
    LeaveWallet(identity::leave::LeaveWallet) -> (), "leave_wallet";
    NoteAudit(audit::NoteAudit) -> (), "note_audit";
}
