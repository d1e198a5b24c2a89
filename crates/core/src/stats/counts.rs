//! Rows of a closed day: their scope, their numbers, and the steps and totals of memberships.

use super::number::Counts;
use crate::card::Source;
use crate::id::CardNo;
use crate::time::Day;

/// The cards that a row of numbers covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All coupons and tickets of one source: `datacube/getcardbizuininfo`.
    Coupons(Source),
    /// All member cards of one source: `datacube/getcardmembercardinfo`.
    Members(Source),
    /// One card: `datacube/getcardcardinfo` and `datacube/getcardmembercarddetail`.
    Card(CardNo),
    /// The coupons and tickets that were consumed in one store, by its number. Holders are not counted.
    StoreCoupons(i64),
    /// The member cards that were used in one store, by its number. Holders are not counted.
    StoreMembers(i64),
}

impl Scope {
    /// The scope of a store, for member cards or for all other cards.
    pub(super) fn store(location_id: i64, member_card: bool) -> Scope {
        match member_card {
            true => Scope::StoreMembers(location_id),
            false => Scope::StoreCoupons(location_id),
        }
    }
}

/// One row of a closed day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    pub day: Day,
    /// The cards that the row covers.
    pub scope: Scope,
    pub counts: Counts,
}

/// A change of a membership. The totals of later days depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStep {
    pub card: CardNo,
    /// The code whose membership begins or ends.
    pub code: crate::id::CodeSeq,
    /// The giver's code, whose membership ends; only for [`StepKind::Transfer`].
    pub from: Option<crate::id::CodeSeq>,
    /// The holder; for [`StepKind::Transfer`] the friend who has the code now.
    pub openid: crate::id::OpenId,
    /// The kind of step.
    pub kind: StepKind,
}

/// The steps of a membership. A code is a valid membership from its [`Begin`](StepKind::Begin) until its
/// [`End`](StepKind::End). The end of an invalid membership changes nothing, and the begin of a valid membership
/// changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// The card was claimed: `openid` counts among the holders who ever claimed it. A gift has no such step. The
    /// code is not a valid membership yet.
    Claim,
    /// The code was activated and is a valid membership now. Only this step creates new members (`new_user`).
    Begin,
    /// The code is no longer a valid membership.
    End,
    /// A deleted code was restored, or an expired code became valid because its card was widened. It is a valid
    /// membership if it was one before, through [`Begin`](StepKind::Begin) or [`Transfer`](StepKind::Transfer).
    /// Otherwise it is not valid.
    Resume,
    /// The code `from` was given away and became `code`. If `from` was a valid membership, `code` is now a valid
    /// membership of `openid`; otherwise it is not valid. `from` is no longer valid in either case.
    Transfer,
}

/// The totals of memberships at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberTotals {
    /// [`Scope::Members`] or [`Scope::Card`].
    pub scope: Scope,
    /// The number of distinct holders with a valid membership at the end of the day.
    pub total_user: i64,
    /// The number of distinct holders who claimed on the day or before.
    pub total_receive_user: i64,
    /// The number of distinct holders who first became members on the day.
    pub new_user: i64,
}
