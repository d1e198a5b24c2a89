//! Totals of memberships. The steps of memberships are stored in their order. The totals are computed by replaying
//! the steps, code by code.

pub(crate) mod store;

use kaquan_core::card::Source;
use kaquan_core::id::{CardNo, CodeSeq};
use kaquan_core::stats::{MemberStep, MemberTotals, Scope, StepKind};
use kaquan_core::stored_enum;
use kaquan_core::time::Day;
use std::collections::{BTreeMap, HashMap};

stored_enum! {
    /// A step of one code, in its stored form.
    pub(crate) enum CodeStep {
        /// [`StepKind::Begin`].
        Begin = 1;
        /// [`StepKind::End`].
        End = 2;
        /// [`StepKind::Resume`].
        Resume = 3;
        /// [`StepKind::Transfer`] from the other code.
        Received = 4;
        /// [`StepKind::Transfer`] to the other code.
        Given = 5;
    }
}

/// A row of `member_steps`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepRow {
    pub code: CodeSeq,
    /// The number of the step among the code's steps of the day.
    pub place: u32,
    pub step: CodeStep,
    pub card: CardNo,
    /// Whether the step's holder has this code. On the giver's side of a gift, the step's holder is the receiver.
    pub has_holder: bool,
    /// The other code of a gift.
    pub other: Option<CodeSeq>,
}

/// The rows of a day's steps in order, each with its step. Steps are numbered for each code. If a day is recorded
/// again with more steps, the earlier steps keep their numbers.
pub(crate) fn step_rows(steps: &[MemberStep]) -> impl Iterator<Item = (&MemberStep, StepRow)> {
    let mut places: HashMap<CodeSeq, u32> = HashMap::new();
    let mut place = move |code: CodeSeq| {
        let next = places.entry(code).or_default();
        *next += 1;
        *next - 1
    };
    steps.iter().flat_map(move |step| {
        let MemberStep { card, code, from, kind, .. } = step;
        let mut row = |code: CodeSeq, kind: CodeStep, has_holder: bool, other: Option<CodeSeq>| {
            (step, StepRow { code, place: place(code), step: kind, card: *card, has_holder, other })
        };
        let rows = match kind {
            StepKind::Claim => [None, None],
            StepKind::Begin => [Some(row(*code, CodeStep::Begin, true, None)), None],
            StepKind::End => [Some(row(*code, CodeStep::End, true, None)), None],
            StepKind::Resume => [Some(row(*code, CodeStep::Resume, true, None)), None],
            StepKind::Transfer => [
                from.map(|from| row(from, CodeStep::Given, false, Some(*code))),
                Some(row(*code, CodeStep::Received, true, *from)),
            ],
        };
        rows.into_iter().flatten()
    })
}

/// Replays steps in the order of codes, then days, then numbers within the day. The given code comes before the
/// receiver's code.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    code: Option<CodeSeq>,
    card: CardNo,
    holder: Option<u32>,
    valid: bool,
    ever: bool,
    /// Codes of gift receivers, and whether the given code was valid.
    given: HashMap<CodeSeq, bool>,
    /// The holders of valid memberships, by card.
    valid_holders: BTreeMap<CardNo, Vec<u32>>,
}

impl Replay {
    pub fn step(&mut self, code: CodeSeq, card: CardNo, step: CodeStep, holder: Option<u32>, other: CodeSeq) {
        if self.code != Some(code) {
            self.finish_code();
            (self.code, self.card, self.holder) = (Some(code), card, None);
            (self.valid, self.ever) = (false, false);
        }
        self.holder = holder.or(self.holder);
        match step {
            CodeStep::Begin => self.valid = true,
            CodeStep::End => self.valid = false,
            CodeStep::Resume => self.valid |= self.ever,
            CodeStep::Received => self.valid = self.given.remove(&code).unwrap_or(false),
            CodeStep::Given => {
                self.given.insert(other, self.valid);
                self.valid = false;
            }
        }
        self.ever |= self.valid;
    }

    fn finish_code(&mut self) {
        if let Some(holder) = self.holder.filter(|_| self.valid) {
            self.valid_holders.entry(self.card).or_default().push(holder);
        }
    }

    /// The holders of valid memberships at the end, by card. Each holder appears once.
    pub fn finish(mut self) -> BTreeMap<CardNo, Vec<u32>> {
        self.finish_code();
        for holders in self.valid_holders.values_mut() {
            holders.sort_unstable();
            holders.dedup();
        }
        self.valid_holders
    }
}

/// The first days of a holder with a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Firsts {
    /// The day of the first claim.
    pub claim: Option<Day>,
    /// The day on which a membership first began.
    pub begin: Option<Day>,
}

impl Firsts {
    pub fn take(&mut self, kind: StepKind, day: Day) {
        let first = match kind {
            StepKind::Claim => &mut self.claim,
            StepKind::Begin => &mut self.begin,
            StepKind::End | StepKind::Resume | StepKind::Transfer => return,
        };
        *first = Some(first.map_or(day, |first| first.min(day)));
    }
}

/// Adds up the totals of each card, and across the cards of a source.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    cards: BTreeMap<CardNo, [i64; 3]>,
    /// By source and holder number: the first days across all cards of the source.
    firsts: BTreeMap<Source, Vec<Firsts>>,
    /// By source: the holders of valid memberships.
    valid: BTreeMap<Source, Vec<u32>>,
}

impl Totals {
    /// Adds the first days of a holder with a card.
    pub fn firsts(&mut self, day: Day, card: CardNo, source: Option<Source>, holder: u32, firsts: Firsts) {
        let Firsts { claim, begin } = firsts;
        let counts = self.cards.entry(card).or_default();
        counts[1] += i64::from(claim.is_some_and(|first| first <= day));
        counts[2] += i64::from(begin == Some(day));
        let Some(source) = source else { return };
        let all = self.firsts.entry(source).or_default();
        if all.len() <= holder as usize {
            all.resize(holder as usize + 1, Firsts::default());
        }
        let known = &mut all[holder as usize];
        claim.into_iter().for_each(|day| known.take(StepKind::Claim, day));
        begin.into_iter().for_each(|day| known.take(StepKind::Begin, day));
    }

    /// Adds the holders of valid memberships of a card.
    pub fn valid(&mut self, card: CardNo, source: Option<Source>, holders: &[u32]) {
        self.cards.entry(card).or_default()[0] += holders.len() as i64;
        if let Some(source) = source {
            self.valid.entry(source).or_default().extend(holders);
        }
    }

    /// The totals of a day, sources first. Cards and sources without totals are left out.
    pub fn finish(mut self, day: Day) -> Vec<MemberTotals> {
        let mut totals: BTreeMap<Scope, [i64; 3]> = BTreeMap::new();
        for (source, firsts) in self.firsts {
            let counts = totals.entry(Scope::Members(source)).or_default();
            counts[1] = firsts.iter().filter(|it| it.claim.is_some_and(|first| first <= day)).count() as i64;
            counts[2] = firsts.iter().filter(|it| it.begin == Some(day)).count() as i64;
        }
        for (source, holders) in &mut self.valid {
            holders.sort_unstable();
            holders.dedup();
            totals.entry(Scope::Members(*source)).or_default()[0] = holders.len() as i64;
        }
        totals.extend(self.cards.into_iter().map(|(card, counts)| (Scope::Card(card), counts)));
        let any = totals.into_iter().filter(|(_, counts)| *counts != [0; 3]);
        any.map(|(scope, [total_user, total_receive_user, new_user])| MemberTotals {
            scope,
            total_user,
            total_receive_user,
            new_user,
        })
        .collect()
    }
}
