//! The list of all operations, which are the commands that a caller can submit. A request adds an idempotency key, an
//! expected state and an audit entry. This module depends on the modules of cards, codes and so on, and they do not
//! depend on it.

mod audit;
mod expected;
mod idempotency;
mod request;

pub use audit::NoteAudit;
pub use idempotency::{IDEMPOTENCY_KEY_MAX, RESPONSE_SECS};

pub use audit::{Audit, AuditEntry};
pub use expected::Expectation;
pub use idempotency::{EarlierUse, FindEarlierUse, IdempotencyKey};
pub use request::{Request, RequestOutcome};

use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{Error, Result};
use crate::time::Timestamp;
use crate::{announcement, card, code, general_card, identity, member, pay_gift, poi, sub_merchant, ticket};
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

/// An operation with its own type of reply, which can be extracted from [`Reply`].
pub trait Typed: Command + Into<Operation> {
    /// Extracts the operation's own reply.
    ///
    /// # Errors
    ///
    /// -1 if the reply belongs to another operation, which is a bug.
    fn reply(reply: Reply) -> Result<Self::Reply>;
}

operations! {
    CreateCard(card::CreateCard) -> crate::id::CardId, "create_card";
    UpdateCard(card::UpdateCard) -> card::UpdateOutcome, "update_card";
    ReviewCard(card::ReviewCard) -> (), "review_card";
    ModifyStock(card::ModifyStock) -> (), "modify_stock";
    DeleteCard(card::DeleteCard) -> (), "delete_card";
    SetPayCell(card::SetPayCell) -> (), "set_pay_cell";
    SetSelfConsumeCell(card::SetSelfConsumeCell) -> (), "set_self_consume_cell";
    Claim(code::claim::Claim) -> code::claim::ClaimOutcome, "claim";
    SetWhiteList(card::SetWhiteList) -> (), "set_white_list";
    CreateLandingPage(card::CreateLandingPage) -> i64, "create_landing_page";
    View(code::View) -> (), "view";
    Consume(code::consume::Consume) -> code::consume::ConsumedCode, "consume";
    SelfConsume(code::SelfConsume) -> code::consume::ConsumedCode, "self_consume";
    ReturnConsume(code::ReturnConsume) -> code::ReturnedConsume, "return_consume";
    MarkCode(code::MarkCode) -> (), "mark_code";
    Gift(code::Gift) -> (), "gift";
    ReturnGift(code::ReturnGift) -> (), "return_gift";
    AcceptGift(code::AcceptGift) -> code::claim::ClaimOutcome, "accept_gift";
    DeleteCode(code::DeleteCode) -> (), "delete_code";
    MakeUnavailable(code::MakeUnavailable) -> (), "make_unavailable";
    UpdateCode(code::UpdateCode) -> (), "update_code";
    DepositCodes(code::DepositCodes) -> code::DepositOutcome, "deposit_codes";
    ImportCodes(code::ImportCodes) -> code::ImportOutcome, "import_codes";
    ExpireCodes(code::expire::ExpireCodes) -> u64, "expire_codes";
    IssueDynamic(code::IssueDynamic) -> code::DynamicCode, "issue_dynamic_code";
    Activate(member::Activate) -> (), "activate";
    UpdateMember(member::UpdateMember) -> member::MemberTotals, "update_member";
    ActivateGeneralCard(general_card::ActivateGeneralCard) -> (), "activate_general_card";
    UnactivateGeneralCard(general_card::UnactivateGeneralCard) -> (), "unactivate_general_card";
    UpdateGeneralCard(general_card::UpdateGeneralCard) -> member::MemberTotals, "update_general_card";
    SetMemberForm(member::SetMemberForm) -> (), "set_member_form";
    SubmitForm(member::SubmitForm) -> member::SubmittedForm, "submit_form";
    Pay(member::Pay) -> (), "pay";
    UpdateTicket(ticket::UpdateTicket) -> (), "update_ticket";
    AddPayGift(pay_gift::AddPayGift) -> pay_gift::AddOutcome, "add_pay_gift";
    DeletePayGift(pay_gift::DeletePayGift) -> (), "delete_pay_gift";
    ReleaseMchids(pay_gift::ReleaseMchids) -> Vec<pay_gift::Mchid>, "release_mchids";
    GivePayGift(pay_gift::GivePayGift) -> Option<pay_gift::GivenCard>, "give_pay_gift";
    SubmitSubMerchant(sub_merchant::SubmitSubMerchant) -> sub_merchant::ShownSubMerchant, "submit_sub_merchant";
    UpdateSubMerchant(sub_merchant::UpdateSubMerchant) -> sub_merchant::ShownSubMerchant, "update_sub_merchant";
    ReviewSubMerchant(sub_merchant::ReviewSubMerchant) -> (), "review_sub_merchant";
    AddPoi(poi::AddPoi) -> i64, "add_poi";
    UpdatePoi(poi::UpdatePoi) -> (), "update_poi";
    DeletePoi(poi::DeletePoi) -> (), "delete_poi";
    SetStoreCard(poi::SetStoreCard) -> (), "set_store_card";
    CreateSmsLink(card::CreateSmsLink) -> (), "create_sms_link";
    SendAnnouncement(announcement::SendAnnouncement) -> crate::time::Timestamp, "send_announcement";
    UpdateAnnouncement(announcement::UpdateAnnouncement) -> (), "update_announcement";
    SetTillStore(poi::SetTillStore) -> (), "set_till_store";
    SetIdentity(identity::SetIdentity) -> (), "set_identity";
    LeaveWallet(identity::LeaveWallet) -> (), "leave_wallet";
    NoteAudit(audit::NoteAudit) -> (), "note_audit";
}
