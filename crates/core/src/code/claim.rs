//! A holder claims a code: `POST /wallet/v1/claim`, and every page and QR code that ends in a claim.
//! WeChat manual: "投放卡券" (distribute cards), and the errcodes of claiming in "卡券错误码".

mod earlier_member_card;
mod entry_point;
mod request;
mod window;

pub use request::{GetClaim, REQUEST_NO_MAX};

use earlier_member_card::EarlierMemberCard;
pub use entry_point::{CardExtUse, NamedHolder, QrScan, Via};

use super::{Code, CodeState, Origin};
use crate::card::{Card, CodeMode, Terms, WhiteList, Window, sku_reminder};
use crate::engine::{Command, CustomCode, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, CardNo, CodeSeq, CodeText, OpenId};
use crate::member::Member;
use crate::text;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The longest channel in bytes.
pub const OUTER_STR_MAX: usize = 128;

/// Checks the older number of a channel. SDKs read it as a signed integer of 32 bits.
///
/// # Errors
/// 40097 for other numbers.
pub fn check_outer_id(outer_id: i64) -> Result<()> {
    match i32::try_from(outer_id) {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::field(ErrCode::InvalidArgs, "outer_id", "must fit into 32 bits")),
    }
}

/// Takes one code of a card from the stock for a holder. If the holder already has the member card, the claim counts
/// as a view; a deleted member card is restored. A repeated `request_no` returns the same code.
///
/// # Errors
///
/// In this order: 45021, 47001 and 40097 a channel or request number that is too long, has control characters, or does
/// not fit into 32 bits; 40003 the text is no openid; 40097 the request number belongs to another claim; 40073 unknown
/// card; 40078 not approved or deleted, except for test users; 40080 the `cardExt` is wrong or was used before; 40079
/// the card's window has ended, or `begin` is not allowed; 40003 the link is for another holder, or the card is for
/// named holders and the claim names none; 41013, 40110, 47001, 45021, 40116, 40056, 40080 the custom code is missing,
/// blank, has control characters, is too long, has the form of dynamic codes, was used already, or was sent for a card
/// with deposited codes; 40056 the QR code was used before; 45033 the holder has reached `get_limit`; 45031 no stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub card_id: CardId,
    /// The holder.
    pub openid: OpenId,
    /// The code, for cards with custom codes.
    pub code: Option<CodeText>,
    /// The channel of the claim.
    pub outer_str: Option<String>,
    /// The channel as a number, in the older form; 0 if there is none.
    pub outer_id: i64,
    /// The first second of validity, for cards with a term in days. Ignored for other cards.
    pub begin: Option<Timestamp>,
    /// The merchant's number of the request.
    pub request_no: Option<Arc<str>>,
    /// The entry point of the claim, which says who guarantees the holder's identity.
    pub via: Via,
}

impl Claim {
    /// A claim of this card by this holder through this entry point, without other values. There is no default: if a
    /// page could claim like the merchant's server, it could claim cards for named holders.
    pub fn of(card_id: CardId, openid: OpenId, via: Via) -> Claim {
        Claim {
            card_id,
            openid,
            code: None,
            outer_str: None,
            outer_id: 0,
            begin: None,
            request_no: None,
            via,
        }
    }
}

/// The code that a holder got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimOutcome {
    pub seq: CodeSeq,
    /// The text of a custom code; `None` for a generated code, whose text is computed from its number.
    pub custom: Option<CodeText>,
}

impl ClaimOutcome {
    fn of(code: &Code) -> ClaimOutcome {
        ClaimOutcome { seq: code.seq, custom: code.custom.clone() }
    }
}

impl Command for Claim {
    type Reply = ClaimOutcome;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.request_keys(ws, keys);
        self.via.keys(keys);
        keys.card_ids.insert(self.card_id.clone());
        let Some(card) = ws.loaded_card(&self.card_id) else { return };
        if !card.status.is_open() {
            keys.records.insert(WhiteList::key());
        }
        if sku_reminder::is_near(card) {
            keys.records.insert(sku_reminder::key(card.no));
        }
        let holder = (card.no, self.openid.clone());
        if card.card_type.is_member_card() {
            if let Some(held) = ws.holders.get(&holder) {
                keys.codes.extend(held.codes.iter().map(|code| code.seq));
            }
            keys.holders.insert(holder);
        } else {
            // The text of a custom code is known before its claim, so a later operation of the batch may consume the
            // code.
            if card.terms.code_mode != CodeMode::System && card.may_reach(card.terms.use_limit) {
                keys.holders.insert(holder.clone());
            }
            if card.may_reach(card.terms.get_limit) {
                keys.claims.insert(holder);
            }
        }
        match (card.terms.code_mode, &self.code) {
            (CodeMode::Custom, Some(code)) => {
                keys.custom_codes.insert((card.no, code.clone()));
            }
            (CodeMode::Deposit, None) => *keys.pools.entry(card.no).or_default() += 1,
            _ => {}
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<ClaimOutcome> {
        self.check_texts()?;
        if let Some(claimed) = self.claimed_before(ws, now)? {
            return Ok(claimed);
        }
        let card = ws.existing_card(&self.card_id)?;
        if !card.status.is_open() && !WhiteList::has(ws, &self.openid, now)? {
            return Err(Error::field(ErrCode::InvalidCardStatus, "card_id", card.status.wire()));
        }
        self.via.check_card_ext(ws, now)?;
        let claimed = match self.member_card_held(ws, card, now)? {
            Some(EarlierMemberCard::Live(claimed)) => self.show(ws, card.no, claimed, now),
            Some(EarlierMemberCard::Deleted(seq)) => {
                self.check_window(card, now)?;
                self.check_openid(card)?;
                self.restore(ws, seq, now)?
            }
            None => {
                let own_window = self.check_window(card, now)?;
                self.check_openid(card)?;
                self.check_custom_code(ws, card)?;
                self.via.check_ticket(ws, now)?;
                let custom = self.check_supply(ws, card)?;
                let card_no = card.no;
                let claimed = self.issue(ws, card_no, custom, own_window, now)?;
                self.via.use_up_ticket(ws)?;
                sku_reminder::after_claim(ws, card_no, now)?;
                claimed
            }
        };
        // A holder who already has a member card sees it through any link. A link for another holder is not used up.
        if !matches!(self.via.holder_named(), NamedHolder::ByLink(named) if *named != self.openid) {
            self.via.use_up_card_ext(ws)?;
        }
        self.remember_request(ws, &claimed)?;
        Ok(claimed)
    }
}

impl Claim {
    fn check_texts(&self) -> Result<()> {
        text::optional_line("outer_str", self.outer_str.as_deref(), OUTER_STR_MAX)?;
        text::optional_line("request_no", self.request_no.as_deref(), REQUEST_NO_MAX)?;
        check_outer_id(self.outer_id)?;
        text::openid("openid", &self.openid)
    }

    fn check_openid(&self, card: &Card) -> Result<()> {
        let refused = |reason: &str| Err(Error::field(ErrCode::InvalidOpenid, "openid", reason));
        match self.via.holder_named() {
            NamedHolder::ByMerchant => Ok(()),
            NamedHolder::ByLink(named) if *named == self.openid => Ok(()),
            NamedHolder::ByLink(_) => refused("the link is for another holder"),
            NamedHolder::No if card.terms.bind_openid => {
                refused("this card is only for holders that its links name")
            }
            NamedHolder::No => Ok(()),
        }
    }

    fn check_custom_code(&self, ws: &WorkingSet, card: &Card) -> Result<()> {
        match (card.terms.code_mode, &self.code) {
            (CodeMode::Custom, None) => {
                Err(Error::field(ErrCode::CodeMissing, "code", "this card has custom codes"))
            }
            (CodeMode::Custom, Some(code)) => {
                code.check("code")?;
                match ws.custom_codes.get(&(card.no, code.clone()))? {
                    Some(_) => Err(Error::field(ErrCode::InvalidSerialCode, "code", "was claimed before")),
                    None => Ok(()),
                }
            }
            // In a `cardExt`, an unneeded code may in fact be another signed value, such as its nonce_str.
            (CodeMode::System, Some(_)) if matches!(self.via, Via::Page(CardExtUse::Signed { .. })) => {
                Err(Error::field(
                    ErrCode::InvalidCardExt,
                    "code",
                    "kaquan generates the codes of this card; leave code out",
                ))
            }
            (CodeMode::Deposit, Some(_)) => Err(Error::field(
                ErrCode::InvalidCardExt,
                "code",
                "this card takes deposited codes; leave code out",
            )),
            _ => Ok(()),
        }
    }

    /// Checks the holder's limit and the stock. Returns the custom code for the claim.
    fn check_supply(&self, ws: &WorkingSet, card: &Card) -> Result<Option<CodeText>> {
        let limit = card.terms.get_limit;
        // No holder has claimed more codes than were claimed altogether.
        if card.claimed() >= i64::from(limit) {
            let claims = match card.card_type.is_member_card() {
                true => ws.holder(card.no, &self.openid)?.claims(),
                false => ws.claims(card.no, &self.openid)?,
            };
            if claims >= limit {
                let reason = format!("has claimed {claims} codes of this card");
                return Err(Error::field(ErrCode::GetLimitReached, "openid", reason));
            }
        }
        if card.quantity <= 0 {
            return Err(Error::field(ErrCode::StockOutOfLimit, "card_id", "no stock is left"));
        }
        Ok(match card.terms.code_mode {
            CodeMode::System => None,
            CodeMode::Custom => self.code.clone(),
            CodeMode::Deposit => Some(next_deposited(ws, card.no)?),
        })
    }

    fn issue(
        &self,
        ws: &mut WorkingSet,
        no: CardNo,
        custom: Option<CodeText>,
        own_window: Option<Window>,
        now: Timestamp,
    ) -> Result<ClaimOutcome> {
        let card = ws.cards.get_mut(&no)?;
        card.quantity -= 1;
        let (has_member_data, terms) = (card.card_type.has_member_data(), card.terms.clone());
        if terms.code_mode == CodeMode::Deposit {
            let pool = ws.pools.get_mut(&no)?;
            pool.head.pop_front();
            pool.drawn += 1;
        }
        let seq = ws.next_code();
        if let Some(text) = &custom {
            ws.custom_codes.put((no, text.clone()), CustomCode::Issued(seq));
        }
        ws.add_claim(no, &self.openid, seq);
        ws.codes.put(seq, Code { own_window, ..self.code_row(no, seq, custom.clone(), now) });
        let event = Event::new(EventKind::Claim, now, no).of(seq, &self.openid);
        let (amount, amount2) = (self.outer_id, self.via.number());
        ws.emit(Event { detail: self.outer_str.clone(), amount, amount2, ..event });
        if has_member_data {
            self.begin_member(ws, no, seq, &terms, now);
        }
        Ok(ClaimOutcome { seq, custom })
    }

    /// Writes the member of a new code: with the points and the balance a general card begins with, and active if the
    /// card is active by itself.
    fn begin_member(&self, ws: &mut WorkingSet, no: CardNo, seq: CodeSeq, terms: &Terms, now: Timestamp) {
        let event = |kind: EventKind| Event::new(kind, now, no).of(seq, &self.openid);
        let mut member = Member::new(seq);
        if let Some(general) = terms.general {
            (member.bonus, member.balance) = (general.init_bonus, general.init_balance);
        }
        if (member.bonus, member.balance) != (0, 0) {
            let (amount, amount2) = (member.bonus, member.balance);
            ws.emit(Event { amount, amount2, ..event(EventKind::InitBalance) });
        }
        if terms.auto_activate {
            member.active_at = Some(now);
            member.bonus += terms.init_increase_bonus;
            ws.emit(Event { amount: terms.init_increase_bonus, ..event(EventKind::Activate) });
        }
        ws.members.put(seq, member);
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
            marked_for: None,
            expired_at: None,
        }
    }
}

/// The next imported code of a deposit card.
fn next_deposited(ws: &WorkingSet, card: CardNo) -> Result<CodeText> {
    match ws.pools.get(&card)? {
        Some(pool) if pool.drawn < pool.deposited => {
            pool.head.front().cloned().ok_or_else(|| Error::internal("too few deposited codes were loaded"))
        }
        _ => Err(Error::field(ErrCode::StockOutOfLimit, "card_id", "no deposited code is left")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ReviewPolicy;
    use crate::card::DeleteCard;
    use crate::code::DeleteCode;
    use crate::engine::testing::*;
    use serde_json::{Value, json};

    fn claim(card_id: &CardId, code: Option<&str>) -> Claim {
        Claim { code: code.map(Into::into), ..Claim::of(card_id.clone(), "o1".into(), Via::Server) }
    }

    fn world_with(base_info: Value) -> (World, CardId) {
        let mut world = World::new();
        let card = world.create(groupon(base_info));
        (world, card)
    }

    #[test]
    fn the_claims_of_a_holder_are_counted_only_if_the_limit_is_near() {
        for (get_limit, counted) in [(50, true), (1024, true), (1025, false), (100_000_000, false)] {
            let (mut world, card) = world_with(json!({"get_limit": get_limit}));
            let set = world.loaded(|set, keys| claim(&card, None).reads(set, keys));
            assert_eq!(!set.claims.is_empty(), counted, "{get_limit}");
            assert!(set.holders.is_empty(), "the codes themselves are not read");
            world.run(claim(&card, None)).expect("a code");
            // Claims of others bring the limit near, however many codes this holder has.
            world.claim(&card, "o2");
            let set = world.loaded(|set, keys| claim(&card, None).reads(set, keys));
            assert_eq!(!set.claims.is_empty(), get_limit <= 1026, "{get_limit}");
        }
    }

    #[test]
    fn a_limit_is_kept_within_a_batch() {
        let (mut world, card) = world_with(json!({"get_limit": 3}));
        let replies = world.batch(&vec![claim(&card, None); 5]);
        let refusals: Vec<_> = replies.into_iter().map(refusal).collect();
        let full = Some(ErrCode::GetLimitReached);
        assert_eq!(refusals, [None, None, None, full, full]);
    }

    #[test]
    fn a_claim_takes_one_from_stock_and_the_event_has_the_channel() {
        let (mut world, card) = world_with(json!({}));
        let outer_str = Some("spring".to_owned());
        let claimed =
            world.run(Claim { outer_str: outer_str.clone(), ..claim(&card, None) }).expect("a code");
        assert_eq!((world.card(&card).quantity, world.card(&card).total), (99, 100));
        let code = &world.codes[&claimed.seq];
        assert_eq!((code.state, code.origin, code.claimed_at), (CodeState::Normal, Origin::Claimed, START));
        assert_eq!(code.outer_str, outer_str);
        let event = world.events.last().expect("an event");
        assert_eq!(
            (event.kind, &event.detail, event.code),
            (EventKind::Claim, &outer_str, Some(claimed.seq))
        );
    }

    #[test]
    fn a_code_for_a_card_with_generated_codes_is_ignored() {
        let (mut world, card) = world_with(json!({}));
        assert_eq!(world.run(claim(&card, Some("mine"))).map(|claimed| claimed.custom), Ok(None));
    }

    #[test]
    fn only_a_card_that_passed_review_can_be_claimed() {
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let card = world.create(groupon(json!({})));
        let review = |refuse: Option<&str>| crate::card::ReviewCard {
            card_id: card.clone(),
            refuse: refuse.map(Into::into),
        };
        assert_eq!(refusal(world.run(claim(&card, None))), Some(ErrCode::InvalidCardStatus));
        let mut refused = world.clone();
        refused.run(review(Some("blurred"))).expect("refused");
        assert_eq!(refusal(refused.run(claim(&card, None))), Some(ErrCode::InvalidCardStatus));
        world.run(review(None)).expect("passed");
        assert_eq!(refusal(world.run(claim(&card, None))), None);
    }

    #[test]
    fn get_limit_counts_claims_also_of_codes_long_gone() {
        let (mut world, card) = world_with(json!({"get_limit": 2}));
        let code = world.claim(&card, "o1");
        world.run(DeleteCode { code, openid: "o1".into() }).expect("deleted");
        assert_eq!(refusal(world.run(claim(&card, None))), None);
        assert_eq!(refusal(world.run(claim(&card, None))), Some(ErrCode::GetLimitReached));
        world.claim(&card, "o2");
    }

    #[test]
    fn the_last_of_the_stock_is_claimed_once() {
        let (mut world, card) = world_with(json!({"sku": {"quantity": 1}}));
        let refusals: Vec<_> =
            world.batch(&[claim(&card, None), claim(&card, None)]).into_iter().map(refusal).collect();
        assert_eq!(refusals, [None, Some(ErrCode::StockOutOfLimit)]);
        assert_eq!(world.card(&card).quantity, 0);
    }

    #[test]
    fn a_custom_code_is_needed_and_given_out_once() {
        let (mut world, card) = world_with(json!({"use_custom_code": true}));
        for (code, expected) in [
            (None, Some(ErrCode::CodeMissing)),
            (Some("123456789012345678901"), Some(ErrCode::OutOfLengthLimit)),
            (Some("12345678901234567890"), None),
            (Some("12345678901234567890"), Some(ErrCode::InvalidSerialCode)),
        ] {
            assert_eq!(refusal(world.run(claim(&card, code))), expected, "{code:?}");
        }
    }

    #[test]
    fn deposited_codes_are_given_out_in_the_order_of_their_import() {
        let deposit = "GET_CUSTOM_CODE_MODE_DEPOSIT";
        let (mut world, card) = world_with(json!({
            "use_custom_code": true, "get_custom_code_mode": deposit, "sku": {"quantity": 0},
        }));
        let codes = vec!["b".into(), "a".into(), "c".into()];
        world.run(crate::code::DepositCodes { card_id: card.clone(), codes }).expect("imported");
        let stock = crate::card::ModifyStock { card_id: card.clone(), increase: 2, reduce: 0 };
        world.run(stock).expect("stock");
        assert_eq!(refusal(world.run(claim(&card, Some("a")))), Some(ErrCode::InvalidCardExt));
        let replies = world.batch(&[claim(&card, None), claim(&card, None), claim(&card, None)]);
        let given: Vec<_> = replies.into_iter().map(|reply| reply.map(|it| it.custom)).collect();
        assert_eq!(given[..2], [Ok(Some("b".into())), Ok(Some("a".into()))]);
        assert_eq!(refusal(given[2].clone()), Some(ErrCode::StockOutOfLimit));
    }

    #[test]
    fn a_member_card_may_be_active_at_once_with_the_points_of_its_rule() {
        let section = json!({"auto_activate": true, "bonus_rule": {"init_increase_bonus": 30}});
        let mut world = World::new();
        let card = world.create(member_card(json!({}), section));
        let before = world.events.len();
        let code = world.claim(&card, "o1");
        let member = &world.members[&world.code(&code).seq];
        assert_eq!((member.active_at, member.bonus), (Some(START), 30));
        assert_eq!(world.kinds_since(before), [EventKind::Claim, EventKind::Activate]);
        assert_eq!(world.events.last().map(|event| event.amount), Some(30));
    }

    #[test]
    fn claim_errors_follow_the_documented_order() {
        let (mut world, card) =
            world_with(json!({"use_custom_code": true, "get_limit": 1, "sku": {"quantity": 1}}));
        let nowhere = CardId::from("pNowhere");
        assert_eq!(refusal(world.run(claim(&nowhere, None))), Some(ErrCode::InvalidCardId));
        world.claim_as(&card, "o1", Some("taken"));
        for (case, code, expected) in [
            ("no code, beyond the limit", None, ErrCode::CodeMissing),
            ("taken, beyond the limit", Some("taken"), ErrCode::InvalidSerialCode),
            ("beyond the limit, none left", Some("new"), ErrCode::GetLimitReached),
        ] {
            assert_eq!(refusal(world.run(claim(&card, code))), Some(expected), "{case}");
        }
        world.pass(crate::time::DAY_SECS + 1);
        assert_eq!(refusal(world.run(claim(&card, None))), Some(ErrCode::InvalidTime), "over, no code");
        world.run(DeleteCard { card_id: card.clone() }).expect("deleted");
        let deleted = refusal(world.run(claim(&card, None)));
        assert_eq!(deleted, Some(ErrCode::InvalidCardStatus), "deleted and over");
    }
}
