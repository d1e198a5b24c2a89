//! Dynamic codes (动态码): 18 digits that stand for a code for five minutes. Each is drawn at random when a holder's page
//! asks for one, and remembered for 30 days. WeChat manual: "创建会员卡" (member cards), `use_dynamic_code`, and "核销卡券"
//! (consume cards), query a code.
//!
//! A random text hardly ever stands for a code: the share of such texts is the number of remembered codes divided by
//! 10^14. With a million issued a day, it is 3 * 10^-7 for 30 days, and 4 * 10^-11 for five minutes. For digits
//! computed from the code and the minute, it would be 4 * 10^-4 for a million codes and 30 days, because every code
//! would have digits in every minute.

use super::number::CodeCipher;
use super::{Code, CodeRef, CodeState};
use crate::card::Card;
use crate::engine::{Command, Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::general_card::{active_keys, is_active};
use crate::id::{CardId, CodeSeq, CodeText, DYNAMIC_PREFIX, OpenId};
use crate::member::Member;
use crate::time::{DAY_SECS, Timestamp};
use serde::{Deserialize, Serialize};

/// Seconds a dynamic code is valid, counted from its issue.
pub const DYNAMIC_VALID_SECS: i64 = 300;
/// Seconds after its issue for which `code/get` accepts a dynamic code, if the caller asks for expired ones.
pub const DYNAMIC_REMEMBERED_SECS: i64 = 30 * DAY_SECS;
/// Texts that a caller draws for one dynamic code. The first that stands for no code is used.
pub const DYNAMIC_DRAWS: usize = 4;
/// One more than the largest number in the digits of a dynamic code.
const NUMBERS: u64 = 100_000_000_000_000;

/// A dynamic code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamicCode {
    /// Its 18 digits.
    pub text: CodeText,
    /// The first second in which it is no longer valid.
    pub expires_at: Timestamp,
}

/// The text of the dynamic code with this number. Only the last fourteen digits of the number are used.
pub fn dynamic_text(number: u64) -> CodeText {
    format!("{DYNAMIC_PREFIX}{:014}", number % NUMBERS).into()
}

/// A dynamic code that was issued, by its text. The record expires after [`DYNAMIC_REMEMBERED_SECS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct IssuedDynamic {
    code: CodeSeq,
    /// The text of the code, if kaquan generated it.
    text: Option<CodeText>,
    issued_at: Timestamp,
}

impl Record for IssuedDynamic {
    const KIND: RecordKind = RecordKind::DynamicCode;
}

impl IssuedDynamic {
    fn key(text: &CodeText) -> RecordKey {
        RecordKey::named::<IssuedDynamic>(text.as_str())
    }
}

impl CodeRef {
    /// As [`CodeRef::new`], but the text may also be a dynamic code that was issued less than `max_secs` before `now`.
    pub fn with_dynamic(
        cipher: &CodeCipher,
        text: impl Into<CodeText>,
        card_id: Option<CardId>,
        now: Timestamp,
        max_secs: i64,
    ) -> CodeRef {
        let by = CodeRef::new(cipher, text, card_id);
        let after = now.plus(-max_secs.min(DYNAMIC_REMEMBERED_SECS));
        CodeRef { dynamic_after: by.text.has_dynamic_form().then_some(after), ..by }
    }

    /// The static text of `code`, which this reference found. Replies never have a dynamic code.
    pub fn static_text(&self, ws: &WorkingSet, code: &Code) -> CodeText {
        let issued = || self.issued(ws).filter(|issued| issued.code == code.seq);
        match &code.custom {
            Some(text) => text.clone(),
            None => issued().and_then(|issued| issued.text).unwrap_or_else(|| self.text.clone()),
        }
    }

    /// The dynamic code with this text, if it is loaded, and was issued late enough for this call.
    fn issued(&self, ws: &WorkingSet) -> Option<IssuedDynamic> {
        let (after, key) = (self.dynamic_after?, IssuedDynamic::key(&self.text));
        let issued = match ws.records.is_loaded(&key) {
            true => ws.find_record::<IssuedDynamic>(&key, after).ok()??,
            false => return None,
        };
        (issued.issued_at > after).then_some(issued)
    }

    /// Declares the rows of [`CodeRef::find_dynamic`].
    pub(super) fn dynamic_keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        if self.dynamic_after.is_some() {
            keys.records.insert(IssuedDynamic::key(&self.text));
        }
        let Some(IssuedDynamic { code, .. }) = self.issued(ws) else { return };
        keys.codes.insert(code);
        if ws.codes.is_loaded(&code) {
            keys.cards.extend(ws.codes.get(&code).ok().flatten().map(|code| code.card));
        }
    }

    /// The code that the dynamic code was issued for, and its card.
    pub(super) fn find_dynamic<'a>(&self, ws: &'a WorkingSet) -> Option<(&'a Code, &'a Card)> {
        let seq = self.issued(ws)?.code;
        let code = if ws.codes.is_loaded(&seq) { ws.codes.get(&seq).ok()?? } else { return None };
        let card =
            if ws.cards.is_loaded(&code.card) { ws.cards.get(&code.card).ok()?? } else { return None };
        self.card_id.as_ref().is_none_or(|card_id| *card_id == card.id).then_some((code, card))
    }
}

/// Whether a code gets dynamic codes now. It reads the rows of [`active_keys`].
///
/// # Errors
///
/// 45030 the card has none; 40127 not NORMAL, or not active.
pub(super) fn check_has_dynamic(ws: &WorkingSet, code: &Code, card: &Card, now: Timestamp) -> Result<()> {
    let member = Member::of_code(ws, code, card)?.filter(|_| card.terms.use_dynamic_code);
    let Some(member) = member else {
        return Err(Error::field(ErrCode::NotSupported, "code", "its card has no dynamic codes"));
    };
    match code.state_at(&ws.app, card, now) {
        CodeState::Normal => {}
        state => return Err(state.refusal()),
    }
    match is_active(ws, card, &member, now)? {
        true => Ok(()),
        false => Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active")),
    }
}

/// Issues a dynamic code to the holder of a code.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40003 not this holder's; 45030 its card has no dynamic codes;
/// 40127 not NORMAL, or not active; -1 all drawn texts are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueDynamic {
    pub code: CodeRef,
    /// The holder, if the caller names one.
    pub openid: Option<OpenId>,
    /// Random texts from [`dynamic_text`]. The caller draws them, because this crate has no random numbers.
    pub draws: [CodeText; DYNAMIC_DRAWS],
}

impl Command for IssueDynamic {
    type Reply = DynamicCode;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        keys.records.extend(self.draws.iter().map(IssuedDynamic::key));
        if let Some(code) = self.code.loaded(ws) {
            active_keys(code, keys);
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<DynamicCode> {
        let (code, card) = self.code.find(ws)?;
        if self.openid.as_ref().is_some_and(|openid| *openid != code.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        check_has_dynamic(ws, code, card, now)?;
        let generated = code.custom.is_none().then(|| self.code.text.clone());
        let issued = IssuedDynamic { code: code.seq, text: generated, issued_at: now };
        for text in &self.draws {
            let key = IssuedDynamic::key(text);
            if ws.find_record::<IssuedDynamic>(&key, now)?.is_none() {
                ws.put_record_until(key, &issued, Some(now.plus(DYNAMIC_REMEMBERED_SECS)))?;
                return Ok(DynamicCode { text: text.clone(), expires_at: now.plus(DYNAMIC_VALID_SECS) });
            }
        }
        Err(Error::field(ErrCode::SystemError, "dynamic_code", "all drawn digits are taken; repeat the call"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::UpdateCard;
    use crate::code::{Consume, DeleteCode, GetCode, ShowCode};
    use crate::engine::testing::*;
    use crate::member::{MemberChange, UpdateMember};
    use serde_json::{Value, json};

    fn cipher() -> CodeCipher {
        CodeCipher::new(&[7; 32]).expect("a cipher")
    }

    fn dynamic_card(base_info: Value) -> Value {
        let base_info = merged(json!({"use_dynamic_code": true}), base_info);
        member_card(base_info, json!({"auto_activate": true}))
    }

    fn issue(code: &CodeRef, numbers: [u64; DYNAMIC_DRAWS]) -> IssueDynamic {
        IssueDynamic { code: code.clone(), openid: None, draws: numbers.map(dynamic_text) }
    }

    /// Issues the dynamic code with this number.
    fn issued(world: &mut World, code: &CodeRef, number: u64) -> DynamicCode {
        world.run(issue(code, [number; DYNAMIC_DRAWS])).expect("a dynamic code")
    }

    /// A request's reference with the text of a dynamic code.
    fn named(world: &World, text: &CodeText, card_id: Option<&CardId>, max_secs: i64) -> CodeRef {
        CodeRef::with_dynamic(&cipher(), text.clone(), card_id.cloned(), world.now, max_secs)
    }

    /// Issues a dynamic code, and returns a reference with its text.
    fn by_dynamic(world: &mut World, code: &CodeRef, card_id: Option<&CardId>) -> CodeRef {
        let made = issued(world, code, world.records.len() as u64);
        named(world, &made.text, card_id, DYNAMIC_VALID_SECS)
    }

    fn get(code: CodeRef) -> GetCode {
        GetCode { code, check_consume: false }
    }

    #[test]
    fn every_boundary_of_a_dynamic_codes_time_holds() {
        let permanent = json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}});
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(permanent));
        let made = issued(&mut world, &code, 7);
        assert_eq!(made.text.as_str(), "163600000000000007");
        assert_eq!(made.expires_at, world.now.plus(DYNAMIC_VALID_SECS));
        let issued_at = world.now;
        for (at, max, expected) in [
            // Another node's clock may be behind.
            (-2, DYNAMIC_VALID_SECS, true),
            (0, DYNAMIC_VALID_SECS, true),
            (DYNAMIC_VALID_SECS - 1, DYNAMIC_VALID_SECS, true),
            (DYNAMIC_VALID_SECS, DYNAMIC_VALID_SECS, false),
            (DYNAMIC_VALID_SECS, DYNAMIC_REMEMBERED_SECS, true),
            (DYNAMIC_REMEMBERED_SECS - 1, DYNAMIC_REMEMBERED_SECS, true),
            (DYNAMIC_REMEMBERED_SECS, DYNAMIC_REMEMBERED_SECS, false),
            (DYNAMIC_REMEMBERED_SECS, i64::MAX, false),
        ] {
            world.now = issued_at.plus(at);
            let found = world.ask(get(named(&world, &made.text, None, max)));
            assert_eq!(found.is_ok(), expected, "{at} of {max}: {found:?}");
        }
    }

    #[test]
    fn each_issue_takes_digits_that_are_not_remembered() {
        let permanent = json!({"date_info": {"type": "DATE_TYPE_PERMANENT"}});
        let (mut world, first) = World::with_code_in(CodeState::Normal, dynamic_card(permanent));
        let card_id = world.cards[&world.code(&first).card].id.clone();
        let second = world.claim(&card_id, "o2");
        issued(&mut world, &first, 1);
        issued(&mut world, &first, 2);
        let draw = |world: &mut World| world.run(issue(&second, [1, 2, 3, 4])).map(|made| made.text);
        assert_eq!(draw(&mut world), Ok(dynamic_text(3)));
        world.pass(DYNAMIC_REMEMBERED_SECS - 1);
        assert_eq!(draw(&mut world), Ok(dynamic_text(4)));
        world.pass(1);
        assert_eq!(draw(&mut world), Ok(dynamic_text(1)), "forgotten");
    }

    #[test]
    fn digits_that_were_never_issued_stand_for_no_code() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(json!({})));
        for number in 0..100 {
            issued(&mut world, &code, number * 1_000_003);
        }
        let texts = (0..10_000u64).map(|n| dynamic_text(n * 1_000_003_700_001 + 1));
        for text in texts.chain([dynamic_text(99), "16360000000000000x".into(), "163700000000000000".into()])
        {
            let code = named(&world, &text, None, DYNAMIC_REMEMBERED_SECS);
            assert_eq!(refusal(world.ask(get(code))), Some(ErrCode::InvalidSerialCode), "{text}");
        }
    }

    /// The share of all texts that stand for a code, where each of a million members shows a dynamic code a day.
    #[test]
    fn a_random_text_stands_for_a_code_less_than_once_in_a_million() {
        let share = |secs: i64| 1e6 * secs as f64 / DAY_SECS as f64 / NUMBERS as f64;
        assert!(share(DYNAMIC_VALID_SECS) < 1e-10 && share(DYNAMIC_REMEMBERED_SECS) < 1e-6);
    }

    #[test]
    fn digits_issued_before_the_switch_went_off_stay_good() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(json!({})));
        let dynamic = by_dynamic(&mut world, &code, None);
        let card_id = world.cards[&world.code(&code).card].id.clone();
        let patch = object(json!({"member_card": {"base_info": {"use_dynamic_code": false}}}));
        world.run(UpdateCard { card_id, patch }).expect("an update");
        assert_eq!(refusal(world.run(issue(&code, [9; DYNAMIC_DRAWS]))), Some(ErrCode::NotSupported));
        assert_eq!(world.ask(get(dynamic)).map(|it| it.openid), Ok("giver".into()));
    }

    #[test]
    fn replies_to_a_dynamic_code_have_the_static_one() {
        for custom in [false, true] {
            let (mut world, code) =
                World::with_code_in(CodeState::Normal, dynamic_card(json!({"use_custom_code": custom})));
            let card_id = world.cards[&world.code(&code).card].id.clone();
            let expected = match custom {
                true => CodeText::from("custom"),
                false => code.text.clone(),
            };
            for card_id in [None, Some(&card_id)] {
                let code = by_dynamic(&mut world, &code, card_id);
                let shown = world.ask(GetCode { code: code.clone(), check_consume: true }).expect("a code");
                assert_eq!(shown.card.code, expected);
                assert_eq!(shown.membership_number.as_deref(), Some(expected.as_str()));
                let change = MemberChange { add_bonus: Some(1), ..MemberChange::default() };
                world.run(UpdateMember { code, change }).expect("changed");
            }
            let other = world.create(dynamic_card(json!({})));
            let code = by_dynamic(&mut world, &code, Some(&other));
            let found = world.ask(GetCode { code, check_consume: true });
            assert_eq!(refusal(found), Some(ErrCode::InvalidSerialCode));
        }
    }

    #[test]
    fn a_dynamic_code_answers_what_its_code_answers() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(json!({})));
        let dynamic = by_dynamic(&mut world, &code, None);
        world.run(DeleteCode { code, openid: "giver".into() }).expect("deleted");
        let get = |code: &CodeRef| GetCode { code: code.clone(), check_consume: true };
        assert_eq!(refusal(world.ask(get(&dynamic))), Some(ErrCode::InvalidUserCardStatus));
        let consumed = refusal(world.run(Consume::of(dynamic)));
        assert_eq!(consumed, Some(ErrCode::InvalidCardType));
    }

    #[test]
    fn an_own_code_goes_before_a_dynamic_code_with_the_same_digits() {
        let (mut world, first) =
            World::with_code_in(CodeState::Normal, dynamic_card(json!({"use_custom_code": true})));
        let card_id = world.cards[&world.code(&first).card].id.clone();
        let made = issued(&mut world, &first, 5);
        // A code of a former version may have these digits.
        let second = world.claim_as(&card_id, "o2", Some("second"));
        let (seq, no) = (world.code(&second).seq, world.code(&second).card);
        world.codes.get_mut(&seq).expect("a code").custom = Some(made.text.clone());
        let own = world.custom_codes.remove(&(no, second.text)).expect("issued");
        world.custom_codes.insert((no, made.text.clone()), own);
        let by_card = named(&world, &made.text, Some(&card_id), DYNAMIC_VALID_SECS);
        let holder = |code| world.ask(GetCode { code, check_consume: true }).expect("a code").openid;
        assert_eq!(holder(by_card).as_str(), "o2");
        let alone = named(&world, &made.text, None, DYNAMIC_VALID_SECS);
        assert_eq!(holder(alone).as_str(), "giver");
    }

    #[test]
    fn only_a_code_in_use_of_a_card_that_says_so_has_dynamic_codes() {
        let find = |world: &World, code: &CodeRef, openid: &str| {
            let issue = IssueDynamic { openid: Some(openid.into()), ..issue(code, [1; DYNAMIC_DRAWS]) };
            refusal(world.clone().run(issue))
        };
        for (card, expected) in [
            (dynamic_card(json!({})), None),
            (dynamic_card(json!({"use_dynamic_code": false})), Some(ErrCode::NotSupported)),
            (groupon(json!({"use_dynamic_code": true})), Some(ErrCode::NotSupported)),
            (member_card(json!({"use_dynamic_code": true}), json!({})), Some(ErrCode::InvalidUserCardStatus)),
            (general_card(json!({"use_dynamic_code": true}), json!({"auto_activate": true})), None),
        ] {
            let (world, code) = World::with_code_in(CodeState::Normal, card);
            assert_eq!(find(&world, &code, "giver"), expected);
            assert_eq!(find(&world, &code, "o9"), Some(ErrCode::InvalidOpenid));
            assert_eq!(find(&world, &no_code(), "o9"), Some(ErrCode::InvalidSerialCode));
            let shown = world.ask(ShowCode { code, openid: "giver".into() }).expect("a code");
            assert_eq!(shown.has_dynamic_code, expected.is_none());
        }
        let (world, code) = World::with_code_in(CodeState::Gifting, dynamic_card(json!({})));
        assert_eq!(find(&world, &code, "giver"), Some(ErrCode::InvalidUserCardStatus));
    }
}
