//! A holder claims a code: `POST /wallet/v1/claim`, and every page and QR code that ends in a claim.
//! WeChat manual: "投放卡券" (distribute cards), and the errcodes of claiming in "卡券错误码".

use super::{Code, CodeState, Origin};
use crate::card::{Card, CodeMode};
use crate::engine::{Apply, CustomCode, HeldCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CODE_MAX, CardId, CardNo, CodeSeq, CodeText, OpenId};
use crate::member::Member;
use crate::time::Timestamp;

/// Bytes a channel may have.
pub const OUTER_STR_MAX: usize = 128;

/// Takes one code of a card out of stock for a holder.
///
/// Errors, in this order: 40073 unknown card; 40078 not reviewed or deleted; 40079 the card's window is over; 41013,
/// 45021, 40056, 40080 for the custom code (missing, too long, taken, given where codes are deposited); 45033 the
/// holder has had `get_limit` of them; 45031 no stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The card.
    pub card_id: CardId,
    /// Who claims.
    pub openid: OpenId,
    /// The code, for cards with custom codes.
    pub code: Option<CodeText>,
    /// Channel of the claim.
    pub outer_str: Option<String>,
}

/// A code that came into a holder's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub seq: CodeSeq,
    /// Its text if it is a custom code; otherwise the text follows from the number.
    pub custom: Option<CodeText>,
}

impl Apply for Claim {
    type Reply = Claimed;

    fn keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.card_ids.insert(self.card_id.clone());
        if !ws.card_ids.is_loaded(&self.card_id) {
            return;
        }
        let Ok(Some(card)) = ws.card_by_id(&self.card_id) else { return };
        let holder = (card.no, self.openid.clone());
        if card.card_type.is_member_card()
            && let Some(held) = ws.holders.get(&holder)
        {
            keys.codes.extend(held.codes.iter().map(|code| code.seq));
        }
        keys.holders.insert(holder);
        match (card.terms.code_mode, &self.code) {
            (CodeMode::Custom, Some(code)) => {
                keys.custom_codes.insert((card.no, code.clone()));
            }
            (CodeMode::Deposit, None) => *keys.pools.entry(card.no).or_default() += 1,
            _ => {}
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<Claimed> {
        let card = ws.card_by_id(&self.card_id)?.ok_or(ErrCode::InvalidCardId)?;
        if !card.status.is_open() {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", card.status.wire()));
        }
        if card.terms.date_info.claim_end().is_some_and(|end| end < now) {
            return Err(Error::field(ErrCode::InvalidTime, "card_id", "the card's validity is over"));
        }
        self.check_custom_code(ws, card)?;
        if let Some(seq) = self.deleted_member_card(ws, card, now)? {
            return self.restore(ws, seq, now);
        }
        let claims = ws.holder(card.no, &self.openid)?.claims();
        if claims >= card.terms.get_limit {
            let reason = format!("has had {claims} of this card");
            return Err(Error::field(ErrCode::GetLimitReached, "openid", reason));
        }
        if card.quantity <= 0 {
            return Err(Error::field(ErrCode::StockOutOfLimit, "card_id", "none is left"));
        }
        let custom = match card.terms.code_mode {
            CodeMode::System => None,
            CodeMode::Custom => self.code.clone(),
            CodeMode::Deposit => Some(next_deposited(ws, card.no)?),
        };
        let card_no = card.no;
        self.issue(ws, card_no, custom, now)
    }
}

impl Claim {
    fn check_custom_code(&self, ws: &WorkingSet, card: &Card) -> Result<()> {
        match (card.terms.code_mode, &self.code) {
            (CodeMode::Custom, None) => {
                Err(Error::field(ErrCode::CodeMissing, "code", "this card has custom codes"))
            }
            (CodeMode::Custom, Some(code)) if code.as_str().len() > CODE_MAX => {
                let reason = format!("{} bytes, at most {CODE_MAX}", code.as_str().len());
                Err(Error::field(ErrCode::OutOfLengthLimit, "code", reason))
            }
            (CodeMode::Custom, Some(code)) => match ws.custom_codes.get(&(card.no, code.clone()))? {
                Some(_) => Err(Error::field(ErrCode::InvalidSerialCode, "code", "was claimed before")),
                None => Ok(()),
            },
            (CodeMode::Deposit, Some(_)) => Err(Error::field(
                ErrCode::InvalidCardExt,
                "code",
                "this card draws its codes from those deposited",
            )),
            _ => Ok(()),
        }
    }

    /// The holder's deleted code of a member card: claiming again takes it up again instead.
    fn deleted_member_card(&self, ws: &WorkingSet, card: &Card, now: Timestamp) -> Result<Option<CodeSeq>> {
        if !card.card_type.is_member_card() {
            return Ok(None);
        }
        for held in &ws.holder(card.no, &self.openid)?.codes {
            if let Some(code) = ws.codes.get(&held.seq)?
                && code.state == CodeState::Delete
                && code.window(card).end >= now
            {
                return Ok(Some(held.seq));
            }
        }
        Ok(None)
    }

    fn restore(&self, ws: &mut WorkingSet, seq: CodeSeq, now: Timestamp) -> Result<Claimed> {
        let mut code = ws.codes.get(&seq)?.cloned().ok_or_else(|| Error::internal("deleted code is gone"))?;
        code.state = CodeState::Normal;
        code.changed_at = now;
        // It is held again and its window runs: what the log says about an earlier end is over.
        code.expired_at = None;
        let claimed = Claimed { seq, custom: code.custom.clone() };
        ws.record(Event::new(EventKind::Restore, now, code.card).of(seq, &self.openid));
        ws.codes.put(seq, code);
        Ok(claimed)
    }

    fn issue(
        &self,
        ws: &mut WorkingSet,
        no: CardNo,
        custom: Option<CodeText>,
        now: Timestamp,
    ) -> Result<Claimed> {
        let card = ws.cards.get_mut(&no)?;
        card.quantity -= 1;
        let (is_member_card, terms) = (card.card_type.is_member_card(), card.terms.clone());
        if terms.code_mode == CodeMode::Deposit {
            let pool = ws.pools.get_mut(&no)?;
            pool.head.pop_front();
            pool.drawn += 1;
        }
        let seq = ws.next_code();
        if let Some(text) = &custom {
            ws.custom_codes.put((no, text.clone()), CustomCode::Issued(seq));
        }
        let held = HeldCode { seq, claimed: true, consumed: false };
        ws.holder_mut(no, &self.openid).codes.push(held);
        ws.codes.put(seq, self.code_row(no, seq, custom.clone(), now));
        let event = Event::new(EventKind::Claim, now, no).of(seq, &self.openid);
        ws.record(Event { detail: self.outer_str.clone(), ..event });
        if is_member_card {
            let mut member = Member::new(seq);
            if terms.auto_activate {
                member.active_at = Some(now);
                member.bonus = terms.init_increase_bonus;
                ws.record(Event::new(EventKind::Activate, now, no).of(seq, &self.openid));
            }
            ws.members.put(seq, member);
        }
        Ok(Claimed { seq, custom })
    }

    fn code_row(&self, card: CardNo, seq: CodeSeq, custom: Option<CodeText>, now: Timestamp) -> Code {
        Code {
            seq,
            card,
            openid: self.openid.clone(),
            custom,
            state: CodeState::Normal,
            origin: Origin::Claimed,
            claimed_at: now,
            window_at: now,
            own_window: None,
            outer_str: self.outer_str.clone(),
            changed_at: now,
            gift_to: None,
            expired_at: None,
        }
    }
}

/// The imported code a deposit card gives out next.
fn next_deposited(ws: &WorkingSet, card: CardNo) -> Result<CodeText> {
    match ws.pools.get(&card)? {
        Some(pool) if pool.drawn < pool.deposited => {
            pool.head.front().cloned().ok_or_else(|| Error::internal("too few deposited codes were loaded"))
        }
        _ => Err(Error::field(ErrCode::StockOutOfLimit, "card_id", "no deposited code is left")),
    }
}
