//! Dynamic codes (动态码): 18 digits that stand for a code for five minutes. The app's key encrypts the number of the
//! code and the time; nothing is stored. WeChat manual: "创建会员卡" (member cards), `use_dynamic_code`,
//! and "核销卡券" (consume cards), query a code.

use super::number::CodeCipher;
use super::{Code, CodeRef, CodeState};
use crate::card::Card;
use crate::engine::{Keys, Query, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardId, CodeSeq, CodeText, DYNAMIC_PREFIX, OpenId};
use crate::member::Member;
use crate::time::{DAY_SECS, Timestamp};

/// Seconds a dynamic code is valid, from the beginning of the step in which it was made.
pub const DYNAMIC_VALID_SECS: i64 = 300;
/// Seconds for which `code/get` accepts an expired dynamic code, if the caller asks for it.
pub const DYNAMIC_REMEMBERED_SECS: i64 = 30 * DAY_SECS;
/// Seconds of a step: a code has one dynamic code in each.
const STEP_SECS: i64 = 30;
/// Steps of a period, some 90 days. Each period has its own permutation, so that digits do not repeat.
const PERIOD_STEPS: i64 = 260_000;
/// Codes from this number on have no dynamic codes: fourteen digits hold the number and the step.
pub const DYNAMIC_CODES_MAX: i64 = 100_000_000_000_000 / PERIOD_STEPS;

/// A dynamic code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DynamicCode {
    /// Its 18 digits.
    pub text: CodeText,
    /// The first second in which it is no longer valid.
    pub expires_at: Timestamp,
}

impl CodeCipher {
    /// The dynamic code of this code at `now`; `None` beyond `DYNAMIC_CODES_MAX`.
    pub fn dynamic(&self, seq: CodeSeq, now: Timestamp) -> Option<DynamicCode> {
        if !(0..DYNAMIC_CODES_MAX).contains(&seq.0) {
            return None;
        }
        let step = now.0.div_euclid(STEP_SECS);
        let (period, place) = (step.div_euclid(PERIOD_STEPS), step.rem_euclid(PERIOD_STEPS));
        let digits = self.scramble(period, u64::try_from(seq.0 * PERIOD_STEPS + place).ok()?)?;
        let text = format!("{DYNAMIC_PREFIX}{digits:014}").into();
        Some(DynamicCode { text, expires_at: Timestamp(step * STEP_SECS + DYNAMIC_VALID_SECS) })
    }

    /// The numbers of the codes that a dynamic code may stand for: the code for which it was made, and around the end
    /// of a period rarely another one by chance. From `max_secs` after the beginning of its step on, there are none.
    pub fn dynamic_seqs(&self, text: &CodeText, now: Timestamp, max_secs: i64) -> Vec<CodeSeq> {
        let digits = text.as_str().strip_prefix(DYNAMIC_PREFIX).and_then(|digits| digits.parse().ok());
        let Some(digits) = digits.filter(|_| text.has_dynamic_form()) else { return Vec::new() };
        // A node with a faster clock may be in the next step already.
        let last = now.0.div_euclid(STEP_SECS) + 1;
        let first = (now.0 - max_secs.min(DYNAMIC_REMEMBERED_SECS)).div_euclid(STEP_SECS) + 1;
        let periods = first.div_euclid(PERIOD_STEPS)..=last.div_euclid(PERIOD_STEPS);
        let in_period = |period: i64| {
            let number = i64::try_from(self.unscramble(period, digits)?).ok()?;
            let (seq, step) = (number / PERIOD_STEPS, period * PERIOD_STEPS + number % PERIOD_STEPS);
            (seq < DYNAMIC_CODES_MAX && (first..=last).contains(&step)).then_some(CodeSeq(seq))
        };
        periods.filter_map(in_period).collect()
    }
}

/// A code that a dynamic code may stand for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DynamicRef {
    /// Its number.
    pub seq: CodeSeq,
    /// The text of the system code with this number.
    pub text: CodeText,
}

impl CodeRef {
    /// As [`CodeRef::new`], where the text may also be a dynamic code that was made less than `max_secs` ago.
    pub fn with_dynamic(
        cipher: &CodeCipher,
        text: impl Into<CodeText>,
        card_id: Option<CardId>,
        now: Timestamp,
        max_secs: i64,
    ) -> CodeRef {
        let by = CodeRef::new(cipher, text, card_id);
        let seqs = cipher.dynamic_seqs(&by.text, now, max_secs).into_iter();
        let dynamic = seqs.filter_map(|seq| Some(DynamicRef { seq, text: cipher.text(seq)? })).collect();
        CodeRef { dynamic, ..by }
    }

    /// The static text of a code that this reference led to. Replies never contain a dynamic code.
    pub fn static_text(&self, code: &Code) -> CodeText {
        let dynamic = self.dynamic.iter().find(|dynamic| dynamic.seq == code.seq);
        match (&code.custom, dynamic) {
            (Some(text), _) => text.clone(),
            (None, Some(dynamic)) => dynamic.text.clone(),
            (None, None) => self.text.clone(),
        }
    }

    /// Declares the rows of [`CodeRef::find_dynamic`].
    pub(super) fn dynamic_keys(&self, ws: &WorkingSet, keys: &mut Keys) {
        for DynamicRef { seq, .. } in &self.dynamic {
            match ws.codes.is_loaded(seq) {
                true => keys.cards.extend(ws.codes.get(seq).ok().flatten().map(|code| code.card)),
                false => drop(keys.codes.insert(*seq)),
            }
        }
    }

    /// The code that the dynamic code stands for, and its card. Cards without members have no dynamic codes. Two
    /// such codes are equally likely, so neither is returned.
    pub(super) fn find_dynamic<'a>(&self, ws: &'a WorkingSet) -> Option<(&'a Code, &'a Card)> {
        let mut found = Vec::new();
        for DynamicRef { seq, .. } in &self.dynamic {
            let code = if ws.codes.is_loaded(seq) { ws.codes.get(seq).ok()? } else { return None };
            let Some(code) = code else { continue };
            let card =
                if ws.cards.is_loaded(&code.card) { ws.cards.get(&code.card).ok()?? } else { return None };
            let is_named = self.card_id.as_ref().is_none_or(|card_id| *card_id == card.id);
            if is_named && card.card_type.has_member_data() {
                found.push((code, card));
            }
        }
        found.pop().filter(|_| found.is_empty())
    }
}

/// Whether a code has dynamic codes now.
///
/// # Errors
///
/// 45030 the card has none; 40127 not NORMAL, or not active.
pub(super) fn check_has_dynamic(ws: &WorkingSet, code: &Code, card: &Card, now: Timestamp) -> Result<()> {
    let member = Member::of_code(ws, code, card)?.filter(|_| card.terms.use_dynamic_code);
    let Some(member) = member.filter(|_| code.seq.0 < DYNAMIC_CODES_MAX) else {
        return Err(Error::field(ErrCode::NotSupported, "code", "its card has no dynamic codes"));
    };
    match code.state_at(&ws.app, card, now) {
        CodeState::Normal => {}
        state => return Err(state.refusal()),
    }
    let is_active = member.active_at.is_some() || (card.terms.general.is_some() && card.terms.auto_activate);
    match is_active {
        true => Ok(()),
        false => Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active")),
    }
}

/// Finds a code and checks that its dynamic code can be shown to its holder.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40003 not this holder's; 45030 its card has no dynamic codes;
/// 40127 not NORMAL, or not active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindDynamic {
    pub code: CodeRef,
    /// The holder, if the caller names one.
    pub openid: Option<OpenId>,
}

impl Query for FindDynamic {
    type Reply = CodeSeq;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        self.code.keys(ws, keys);
        keys.members.extend(self.code.loaded(ws).map(|code| code.seq));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> Result<CodeSeq> {
        let (code, card) = self.code.find(ws)?;
        if self.openid.as_ref().is_some_and(|openid| *openid != code.openid) {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        check_has_dynamic(ws, code, card, now)?;
        Ok(code.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Consume, DeleteCode, GetCode, ShowCode};
    use crate::engine::testing::*;
    use crate::member::{MemberChange, UpdateMember};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn cipher() -> CodeCipher {
        CodeCipher::new(&[7; 32]).expect("a cipher")
    }

    /// The beginning of a step.
    fn begin(step: i64) -> i64 {
        step * STEP_SECS
    }

    proptest! {
        #[test]
        fn a_dynamic_code_leads_to_its_code_while_it_is_valid_and_no_longer(
            seq in 0..DYNAMIC_CODES_MAX, now in 0..4_000_000_000i64, late in 0..20 * DYNAMIC_REMEMBERED_SECS,
        ) {
            let cipher = cipher();
            let made = cipher.dynamic(CodeSeq(seq), Timestamp(now)).expect("a dynamic code");
            prop_assert!(made.text.has_dynamic_form() && cipher.seq(made.text.as_str()).is_none());
            let first = now - now % STEP_SECS;
            prop_assert_eq!(made.expires_at, Timestamp(first + DYNAMIC_VALID_SECS));
            for (max, late) in [(DYNAMIC_VALID_SECS, late % 600), (DYNAMIC_VALID_SECS, late), (DYNAMIC_REMEMBERED_SECS, late)] {
                let found = cipher.dynamic_seqs(&made.text, Timestamp(now + late), max);
                let expected = now + late < first + max;
                prop_assert_eq!(found.contains(&CodeSeq(seq)), expected, "{} after {}", late, now);
            }
        }

        #[test]
        fn no_two_codes_and_no_two_steps_of_a_period_share_a_dynamic_code(
            a in (0..DYNAMIC_CODES_MAX, 0..PERIOD_STEPS), b in (0..DYNAMIC_CODES_MAX, 0..PERIOD_STEPS),
        ) {
            let text = |(seq, step): (i64, i64)| cipher().dynamic(CodeSeq(seq), Timestamp(begin(step)));
            prop_assert_eq!(text(a).expect("one").text == text(b).expect("one").text, a == b);
        }

        #[test]
        fn a_guess_leads_to_no_code_that_was_given_out(digits in 0..100_000_000_000_000u64) {
            let text = CodeText::from(format!("{DYNAMIC_PREFIX}{digits:014}"));
            let found = cipher().dynamic_seqs(&text, START, DYNAMIC_VALID_SECS);
            prop_assert!(found.iter().all(|seq| seq.0 > 10_000), "{text} leads to {found:?}");
        }
    }

    #[test]
    fn every_boundary_of_a_dynamic_codes_time_holds() {
        let (cipher, seq) = (cipher(), CodeSeq(3));
        for offset in [0, 1, STEP_SECS - 1] {
            let made = cipher.dynamic(seq, Timestamp(START.0 + offset)).expect("a dynamic code");
            for (at, max, expected) in [
                (-STEP_SECS - 1, DYNAMIC_VALID_SECS, false),
                (-STEP_SECS, DYNAMIC_VALID_SECS, true),
                (0, DYNAMIC_VALID_SECS, true),
                (DYNAMIC_VALID_SECS - 1, DYNAMIC_VALID_SECS, true),
                (DYNAMIC_VALID_SECS, DYNAMIC_VALID_SECS, false),
                (DYNAMIC_VALID_SECS, DYNAMIC_REMEMBERED_SECS, true),
                (DYNAMIC_REMEMBERED_SECS - 1, DYNAMIC_REMEMBERED_SECS, true),
                (DYNAMIC_REMEMBERED_SECS, DYNAMIC_REMEMBERED_SECS, false),
                (DYNAMIC_REMEMBERED_SECS, i64::MAX, false),
            ] {
                let found = cipher.dynamic_seqs(&made.text, START.plus(at), max);
                assert_eq!(found.contains(&seq), expected, "made at {offset}, {at} of {max}");
            }
        }
    }

    #[test]
    fn a_dynamic_code_made_before_the_end_of_a_period_is_good_after_it() {
        let (cipher, seq) = (cipher(), CodeSeq(3));
        let end = begin(21_000 * PERIOD_STEPS);
        for made_at in [end - DYNAMIC_VALID_SECS, end - 1, end] {
            let made = cipher.dynamic(seq, Timestamp(made_at)).expect("a dynamic code");
            for at in [made_at, made_at + DYNAMIC_VALID_SECS - STEP_SECS] {
                let found = cipher.dynamic_seqs(&made.text, Timestamp(at), DYNAMIC_VALID_SECS);
                assert_eq!(found, [seq], "made at {made_at}, read at {at}");
            }
        }
    }

    #[test]
    fn another_key_and_another_number_of_digits_lead_nowhere() {
        let made = cipher().dynamic(CodeSeq(1), START).expect("a dynamic code");
        let other = CodeCipher::new(&[8; 32]).expect("a cipher");
        assert_eq!(other.dynamic_seqs(&made.text, START, DYNAMIC_VALID_SECS), []);
        let text = made.text.as_str();
        for text in [&text[1..], &format!("{text}0"), &text.replace("1636", "1637"), "16360000000000000x"] {
            assert_eq!(cipher().dynamic_seqs(&text.into(), START, DYNAMIC_VALID_SECS), [], "{text}");
        }
        assert_eq!(cipher().dynamic(CodeSeq(DYNAMIC_CODES_MAX), START), None);
        assert!(cipher().dynamic(CodeSeq(DYNAMIC_CODES_MAX - 1), START).is_some());
    }

    #[test]
    fn digits_that_may_stand_for_two_codes_stand_for_neither() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(json!({})));
        let second = world.claim(&world.cards[&world.code(&code).card].id.clone(), "o2");
        let named = |codes: &[&CodeRef]| {
            let dynamic = |code: &&CodeRef| DynamicRef { seq: world.code(code).seq, text: code.text.clone() };
            let dynamic = codes.iter().map(dynamic).collect();
            CodeRef { text: "163600000000000000".into(), seq: None, card_id: None, dynamic }
        };
        let found = |code: CodeRef| world.ask(GetCode { code, check_consume: true }).map(|it| it.openid);
        assert_eq!(found(named(&[&second])), Ok("o2".into()));
        assert_eq!(refusal(found(named(&[&code, &second]))), Some(ErrCode::InvalidSerialCode));
    }

    fn dynamic_card(base_info: Value) -> Value {
        let base_info = merged(json!({"use_dynamic_code": true}), base_info);
        member_card(base_info, json!({"auto_activate": true}))
    }

    /// The dynamic code of a code, as a request names it.
    fn by_dynamic(world: &World, code: &CodeRef, card_id: Option<&CardId>) -> CodeRef {
        let made = cipher().dynamic(world.code(code).seq, world.now).expect("a dynamic code");
        CodeRef::with_dynamic(&cipher(), made.text, card_id.cloned(), world.now, DYNAMIC_VALID_SECS)
    }

    #[test]
    fn replies_to_a_dynamic_code_have_the_static_one() {
        for custom in [false, true] {
            let (mut world, code) =
                World::with_code_in(CodeState::Normal, dynamic_card(json!({"use_custom_code": custom})));
            let card_id = world.cards[&world.code(&code).card].id.clone();
            let expected = match custom {
                true => CodeText::from("custom"),
                false => cipher().text(world.code(&code).seq).expect("a text"),
            };
            for card_id in [None, Some(&card_id)] {
                let code = by_dynamic(&world, &code, card_id);
                let shown = world.ask(GetCode { code: code.clone(), check_consume: true }).expect("a code");
                assert_eq!(shown.card.code, expected);
                assert_eq!(shown.membership_number.as_deref(), Some(expected.as_str()));
                let change = MemberChange { add_bonus: Some(1), ..MemberChange::default() };
                world.run(UpdateMember { code, change }).expect("changed");
            }
            let other = world.create(dynamic_card(json!({})));
            let code = by_dynamic(&world, &code, Some(&other));
            let found = world.ask(GetCode { code, check_consume: true });
            assert_eq!(refusal(found), Some(ErrCode::InvalidSerialCode));
        }
    }

    #[test]
    fn a_dynamic_code_is_refused_where_its_static_code_is() {
        let (mut world, code) = World::with_code_in(CodeState::Normal, dynamic_card(json!({})));
        let dynamic = by_dynamic(&world, &code, None);
        world.run(DeleteCode { code, openid: "giver".into() }).expect("deleted");
        let get = |code: &CodeRef| GetCode { code: code.clone(), check_consume: true };
        assert_eq!(refusal(world.ask(get(&dynamic))), Some(ErrCode::InvalidUserCardStatus));
        let consumed = refusal(world.run(Consume::of(dynamic)));
        assert_eq!(consumed, Some(ErrCode::InvalidCardType));
        let (world, coupon) =
            World::with_code_in(CodeState::Normal, groupon(json!({"use_dynamic_code": true})));
        let dynamic = by_dynamic(&world, &coupon, None);
        assert_eq!(refusal(world.ask(get(&dynamic))), Some(ErrCode::InvalidSerialCode));
    }

    #[test]
    fn an_own_code_goes_before_a_dynamic_code_with_the_same_digits() {
        let (mut world, first) =
            World::with_code_in(CodeState::Normal, dynamic_card(json!({"use_custom_code": true})));
        let card_id = world.cards[&world.code(&first).card].id.clone();
        let made = cipher().dynamic(world.code(&first).seq, world.now).expect("a dynamic code");
        // A code of a former version may have these digits.
        let second = world.claim_as(&card_id, "o2", Some("second"));
        let (seq, no) = (world.code(&second).seq, world.code(&second).card);
        world.codes.get_mut(&seq).expect("a code").custom = Some(made.text.clone());
        let issued = world.custom_codes.remove(&(no, second.text)).expect("issued");
        world.custom_codes.insert((no, made.text), issued);
        let by_card = by_dynamic(&world, &first, Some(&card_id));
        let holder = |code| world.ask(GetCode { code, check_consume: true }).expect("a code").openid;
        assert_eq!(holder(by_card).as_str(), "o2");
        assert_eq!(holder(by_dynamic(&world, &first, None)).as_str(), "giver");
    }

    #[test]
    fn only_a_code_in_use_of_a_card_that_says_so_has_dynamic_codes() {
        let find = |world: &World, code: &CodeRef, openid: &str| {
            let openid = Some(openid.into());
            refusal(world.ask(FindDynamic { code: code.clone(), openid }))
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
