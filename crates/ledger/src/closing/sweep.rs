//! The expiry sweep. It finds codes after the end of their window, and expired codes with a window that was widened,
//! and submits both to the ledger. It reads each card's codes in the order of claims, and stores a cursor for each
//! card.

use crate::ledger::Ledger;
use kaquan_core::app::RETURN_WINDOW_MAX_SECS;
use kaquan_core::card::{Card, DateInfo};
use kaquan_core::code::{Code, CodeState, ExpireCodes, owed_event};
use kaquan_core::error::Result;
use kaquan_core::id::{AppId, CodeSeq};
use kaquan_core::time::Timestamp;
use kaquan_store::{Store, SweepState};
use std::collections::HashMap;

/// Codes read at once.
const CODES_PER_READ: usize = 4_000;
/// Codes that one operation expires.
const CODES_PER_OPERATION: usize = 1_000;

/// Commits every expiry up to `now`, and the return of every member whose window was widened. Returns the number of
/// events.
pub fn sweep(store: &dyn Store, ledger: &Ledger, app: AppId, now: Timestamp) -> Result<u64> {
    let states: HashMap<_, _> = store.sweeps(app)?.into_iter().collect();
    let mut expired = 0;
    store.each_card(app, |card| -> Result<()> {
        let state = states.get(&card.no).copied().unwrap_or_default();
        if may_have_expired(&card, state, now) {
            expired += sweep_card(store, ledger, app, &card, state, now)?;
        }
        Ok(())
    })?;
    Ok(expired)
}

/// Whether any code of this card can have expired or become valid again since the last sweep.
fn may_have_expired(card: &Card, state: SweepState, now: Timestamp) -> bool {
    match card.terms.date_info {
        // The own window of a member or of a general card may end at any time, and widening a card makes its former
        // members members again.
        _ if card.card_type.has_member_data() => true,
        DateInfo::Range { end, .. } => {
            let ended = end < now && end >= state.swept_through;
            // The last sweep found expired codes. Only a change of the card can have made them valid again.
            let widened = state != SweepState::default() && card.updated_at >= state.swept_through;
            ended || widened
        }
        DateInfo::Term { .. } | DateInfo::Permanent => {
            card.terms.date_info.earliest_end(card.created_at).is_some_and(|end| end < now)
        }
    }
}

fn sweep_card(
    store: &dyn Store,
    ledger: &Ledger,
    app: AppId,
    card: &Card,
    state: SweepState,
    now: Timestamp,
) -> Result<u64> {
    let (mut expired, mut from) = (0, state.settled);
    let mut settled = SettledCodes { before: state.settled, open: true };
    loop {
        let codes = store.codes_of_card(app, card.no, from, CODES_PER_READ)?;
        let due: Vec<CodeSeq> =
            codes.iter().filter(|code| owed_event(card, code, now).is_some()).map(|code| code.seq).collect();
        for chunk in due.chunks(CODES_PER_OPERATION) {
            expired += ledger.submit_blocking(app, ExpireCodes { card: card.no, codes: chunk.to_vec() })?;
        }
        codes.iter().for_each(|code| settled.pass(card, code, now));
        match codes.last() {
            Some(last) if codes.len() == CODES_PER_READ => from = CodeSeq(last.seq.0 + 1),
            _ => break,
        }
    }
    store.save_sweep(app, card.no, SweepState { settled: settled.before, swept_through: now })?;
    Ok(expired)
}

/// The codes at the beginning of a card that can never expire again.
struct SettledCodes {
    before: CodeSeq,
    open: bool,
}

impl SettledCodes {
    fn pass(&mut self, card: &Card, code: &Code, now: Timestamp) {
        self.open = self.open && is_settled(card, code, now);
        if self.open {
            self.before = CodeSeq(code.seq.0 + 1);
        }
    }
}

/// Whether a code can never expire (again). A date range may be widened and a deleted member card may be restored, so
/// their codes are never settled.
fn is_settled(card: &Card, code: &Code, now: Timestamp) -> bool {
    let widens = matches!(card.terms.date_info, DateInfo::Range { .. }) || card.card_type.has_member_data();
    match code.state {
        CodeState::Unavailable | CodeState::GiftSucc => true,
        // A consume can be undone for a while.
        CodeState::Consumed => code.changed_at.plus(RETURN_WINDOW_MAX_SECS) < now,
        CodeState::Delete => !card.card_type.is_member_card(),
        _ => !widens && code.window(card).end.is_before(now),
    }
}
