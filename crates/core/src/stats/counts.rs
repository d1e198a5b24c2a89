//! Rows of a closed day: their scope, their numbers, and the steps and totals of memberships.

use super::number::Counts;
use crate::card::Source;
use crate::id::CardNo;
use crate::time::Day;

/// The subject of a row of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All coupons and tickets of one source: `datacube/getcardbizuininfo`.
    Coupons(Source),
    /// All member cards of one source: `datacube/getcardmembercardinfo`.
    Members(Source),
    /// One card: `datacube/getcardcardinfo` and `datacube/getcardmembercarddetail`.
    Card(CardNo),
}

/// One finished row of a closed day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRow {
    pub day: Day,
    /// Its subject.
    pub scope: Scope,
    pub counts: Counts,
}

/// A member's step that the totals of later days depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberStep {
    pub card: CardNo,
    /// The code that begins or ends being a valid membership.
    pub code: crate::id::CodeSeq,
    /// The giver's code, which ends; only for [`StepKind::Transfer`].
    pub from: Option<crate::id::CodeSeq>,
    /// The holder; for [`StepKind::Transfer`] the friend who holds the code now.
    pub openid: crate::id::OpenId,
    /// Which step.
    pub kind: StepKind,
}

/// The steps of a membership. A code is a valid membership from its [`Begin`](StepKind::Begin) until its
/// [`End`](StepKind::End); ending what is not valid and beginning what is valid already change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// The card was claimed: `openid` counts among those who ever claimed it. Only a claim does this, a gift does
    /// not. The code is not a valid membership yet.
    Claim,
    /// The code was activated and became a valid membership. Only this step makes new members (`new_user`).
    Begin,
    /// The code ceased to be a valid membership.
    End,
    /// A deleted code was restored, or an expired one came back because its card was widened. It is a valid membership
    /// again if it was one before, by [`Begin`](StepKind::Begin) or by [`Transfer`](StepKind::Transfer). Otherwise it
    /// is none.
    Resume,
    /// The code `from` was given away as `code`: `code` is a valid membership of `openid` from here on if `from` was
    /// one until here, and otherwise is none. `from` is none in either case.
    Transfer,
}

/// The totals of memberships at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberTotals {
    /// [`Scope::Members`] or [`Scope::Card`].
    pub scope: Scope,
    /// Distinct holders with a valid membership at the end of the day.
    pub total_user: i64,
    /// Distinct holders who claimed up to and including the day.
    pub total_receive_user: i64,
    /// Distinct holders who first became members on the day.
    pub new_user: i64,
}
