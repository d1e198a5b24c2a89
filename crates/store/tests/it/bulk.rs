//! Thousands of claims, written without the rules: for tests and benchmarks of the store alone.

use kaquan_core::code::{Code, CodeState, Origin};
use kaquan_core::engine::WorkingSet;
use kaquan_core::event::{Event, EventKind};
use kaquan_core::id::{CardNo, OpenId};
use kaquan_core::time::Timestamp;

/// Changes a set as a claim does. The card must be loaded.
pub fn issue(set: &mut WorkingSet, card: CardNo, openid: &OpenId, now: Timestamp) {
    set.cards.get_mut(&card).unwrap().quantity -= 1;
    let seq = set.next_code();
    let code = Code {
        seq,
        card,
        openid: openid.clone(),
        custom: None,
        state: CodeState::Normal,
        origin: Origin::Claimed,
        claimed_at: now,
        window_at: now,
        own_window: None,
        outer_str: None,
        changed_at: now,
        gift_to: None,
        expired_at: None,
        marked_for: None,
    };
    set.codes.put(seq, code);
    set.emit(Event::new(EventKind::Claim, now, card).of(seq, openid));
}
