//! A holder submits the activation form of a member card: `POST /wallet/v1/activate/submit`. A holder without a code
//! of the card claims one. Then the card becomes active, or the answers are stored under a ticket until the merchant
//! activates the card. WeChat manual: "创建会员卡" (member cards), one-tap activation and jump activation.

use super::Member;
use super::answers::{MemberInfo, info_key};
use super::form::{MemberForm, form_key};
use super::temp_info::{ActivateTicket, KEPT_SECS, TICKET_SECS, ticket_key};
use crate::card::{Activation, Card, after_submit_url, form_activation};
use crate::code::claim::{Claim, ClaimOutcome};
use crate::code::{Code, CodeRef, CodeState};
use crate::engine::{Command, Keys, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::event::{Event, EventKind};
use crate::id::{CardId, OpenId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Submits the answers in a member card's activation form.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40071 not a member card; 72026 not activated with a form;
/// 40003 not this holder's code; 40127 given away, deleted, expired or unavailable; 45030 no form was set, or its
/// next page is missing; 40127 already active, and no answer can be changed; 40097 and 41011 answers that do not
/// match the form; the errors of a claim, if one is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmitForm {
    /// The code or the card of the form.
    pub target: Target,
    /// The holder.
    pub openid: OpenId,
    pub answers: MemberInfo,
    /// The ticket for the answers, if the merchant activates the card. The caller creates it, because this crate has
    /// no random numbers.
    pub ticket: String,
}

/// The code or the card of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// This code.
    Code(CodeRef),
    /// The holder's code of this card. If the holder has none, this claim is made.
    Card(Claim),
}

/// The result of a submitted form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmittedForm {
    pub card_id: CardId,
    pub claimed: ClaimOutcome,
    /// The channel of the claim.
    pub outer_str: Option<String>,
    /// The next page of the holder.
    pub jump: Option<Jump>,
}

/// The merchant's page after the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jump {
    /// The URL of the page.
    pub url: String,
    /// The ticket with which the merchant gets the answers.
    pub ticket: String,
}

impl Command for SubmitForm {
    type Reply = SubmittedForm;

    fn reads(&self, ws: &WorkingSet, keys: &mut Keys) {
        keys.records.insert(ticket_key(&self.ticket));
        match &self.target {
            Target::Code(code) => {
                code.keys(ws, keys);
                keys.records.extend(code.named_card(ws).map(|card| form_key(card.no)));
                if let Some(code) = code.loaded(ws) {
                    keys.members.insert(code.seq);
                    keys.records.extend([info_key(code.seq), form_key(code.card)]);
                }
            }
            Target::Card(claim) => {
                claim.reads(ws, keys);
                let Some(card) = ws.loaded_card(&claim.card_id) else { return };
                keys.records.insert(form_key(card.no));
                if let Some(held) = ws.holders.get(&(card.no, self.openid.clone())) {
                    keys.members.extend(held.codes.iter().map(|code| code.seq));
                    keys.records.extend(held.codes.iter().map(|code| info_key(code.seq)));
                }
            }
        }
    }

    fn apply(&self, ws: &mut WorkingSet, now: Timestamp) -> Result<SubmittedForm> {
        let (card, code) = self.find(ws, now)?;
        let by = form_activation(card)?;
        let deleted = self.check_code(ws, card, code, now)?;
        let nowhere = |reason: &str| Error::field(ErrCode::NotSupported, "card_id", reason);
        let form: MemberForm = ws
            .find_record_of_new(&form_key(card.no), now)?
            .ok_or_else(|| nowhere("no form was set for it"))?;
        let url = match by {
            Activation::FormThenMerchant => Some(
                after_submit_url(&card.section).ok_or_else(|| nowhere("its form leads nowhere"))?.to_owned(),
            ),
            _ => None,
        };
        let before = earlier(ws, code, &form, now)?;
        let info = form.accept(&self.answers, before.as_ref())?;
        let claimed = match (code, &self.target) {
            (Some(code), _) if !deleted => ClaimOutcome { seq: code.seq, custom: code.custom.clone() },
            (_, Target::Card(claim)) => claim.apply(ws, now)?,
            _ => return Err(Error::internal("a code that is not there was filled in for")),
        };
        self.keep(ws, claimed, info, url, before.is_some(), now)
    }
}

impl SubmitForm {
    /// The card, and the holder's code if there is one.
    fn find<'a>(&self, ws: &'a WorkingSet, now: Timestamp) -> Result<(&'a Card, Option<&'a Code>)> {
        match &self.target {
            Target::Code(code) => code.find(ws).map(|(code, card)| (card, Some(code))),
            Target::Card(claim) => {
                let card = ws.existing_card(&claim.card_id)?;
                if !card.card_type.is_member_card() {
                    return Ok((card, None));
                }
                let mut deleted = None;
                for held in &ws.holder(card.no, &self.openid)?.codes {
                    let Some(code) = ws.codes.get(&held.seq)? else { continue };
                    if code.state_at(&ws.app, card, now).is_live() {
                        return Ok((card, Some(code)));
                    }
                    if code.state == CodeState::Delete && !code.window(card).end.is_before(now) {
                        deleted = deleted.or(Some(code));
                    }
                }
                Ok((card, deleted))
            }
        }
    }

    /// Checks whether the form can be submitted for the code. Returns whether the code is a deleted one that a claim
    /// restores.
    fn check_code(&self, ws: &WorkingSet, card: &Card, code: Option<&Code>, now: Timestamp) -> Result<bool> {
        let Some(code) = code else { return Ok(false) };
        if code.openid != self.openid {
            return Err(Error::field(ErrCode::InvalidOpenid, "openid", "does not hold this code"));
        }
        match (code.state_at(&ws.app, card, now), &self.target) {
            (CodeState::Normal, _) => Ok(false),
            (CodeState::Delete, Target::Card(_)) => Ok(true),
            (state, _) => Err(state.refusal()),
        }
    }

    /// Stores the answers with the member or under the ticket.
    fn keep(
        &self,
        ws: &mut WorkingSet,
        claimed: ClaimOutcome,
        info: MemberInfo,
        url: Option<String>,
        is_change: bool,
        now: Timestamp,
    ) -> Result<SubmittedForm> {
        let seq = claimed.seq;
        let code = ws.codes.get(&seq)?.cloned().ok_or_else(|| Error::internal("claimed code is gone"))?;
        let card =
            ws.cards.get(&code.card)?.cloned().ok_or_else(|| Error::internal("code without its card"))?;
        let event = |kind| Event::new(kind, now, card.no).of(seq, &self.openid);
        match &url {
            Some(_) => {
                let waiting = ActivateTicket { info, expires_at: now.plus(TICKET_SECS) };
                ws.put_record_until(ticket_key(&self.ticket), &waiting, Some(now.plus(KEPT_SECS)))?;
            }
            None => {
                ws.put_record(info_key(seq), &info)?;
                let mut member = ws.members.get(&seq)?.cloned().unwrap_or_else(|| Member::new(seq));
                if member.active_at.is_none() {
                    let bonus = card.terms.init_increase_bonus;
                    member.active_at = Some(now);
                    member.bonus += bonus;
                    ws.members.put(seq, member);
                    ws.emit(Event { amount: bonus, ..event(EventKind::Activate) });
                }
            }
        }
        ws.emit(Event { amount: is_change.into(), ..event(EventKind::FormSubmit) });
        let jump = url.map(|url| Jump { url, ticket: self.ticket.clone() });
        Ok(SubmittedForm { card_id: card.id, claimed, outer_str: code.outer_str, jump })
    }
}

/// The earlier answers of an active member; `None` if the card is not active.
fn earlier(
    ws: &WorkingSet,
    code: Option<&Code>,
    form: &MemberForm,
    now: Timestamp,
) -> Result<Option<MemberInfo>> {
    let Some(code) = code else { return Ok(None) };
    if ws.members.get(&code.seq)?.is_none_or(|member| member.active_at.is_none()) {
        return Ok(None);
    }
    if !form.can_modify() {
        let reason = "is active, and nothing of its form can be modified";
        return Err(Error::field(ErrCode::InvalidUserCardStatus, "code", reason));
    }
    Ok(Some(ws.find_record_of_new(&info_key(code.seq), now)?.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::DeleteCode;
    use crate::code::claim::Via;
    use crate::engine::testing::*;
    use crate::member::{Activate, GetTempInfo, GetUserinfo, SetMemberForm};
    use serde_json::{Value, json};

    const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

    /// A world with a card whose form has one question, for the mobile number.
    fn world(section: Value, can_modify: bool) -> (World, CardId) {
        let mut world = World::new();
        let by_form = json!({
            "activate_url": null, "wx_activate": true, "bonus_rule": {"init_increase_bonus": 20},
        });
        let card_id = world.create(member_card(json!({"get_limit": 1}), merged(by_form, section)));
        let required_form = json!({"can_modify": can_modify, "common_field_id_list": [MOBILE]});
        let form = MemberForm::read(&object(json!({"required_form": required_form}))).expect("a form");
        world.run(SetMemberForm { card_id: card_id.clone(), form }).expect("set");
        (world, card_id)
    }

    fn answers(mobile: &str) -> MemberInfo {
        let list = json!([{"name": MOBILE, "value": mobile}]);
        MemberInfo::read(&object(json!({"common_field_list": list}))).expect("answers")
    }

    fn by_card(card_id: &CardId, mobile: &str) -> SubmitForm {
        let claim = Claim {
            outer_str: Some("poster".into()),
            ..Claim::of(card_id.clone(), "o1".into(), Via::Server)
        };
        let (target, openid) = (Target::Card(claim), "o1".into());
        SubmitForm { target, openid, answers: answers(mobile), ticket: format!("t{mobile}") }
    }

    fn by_code(code: &CodeRef, mobile: &str) -> SubmitForm {
        let (target, openid) = (Target::Code(code.clone()), "o1".into());
        SubmitForm { target, openid, answers: answers(mobile), ticket: format!("t{mobile}") }
    }

    fn jumping() -> Value {
        json!({"wx_activate_after_submit": true, "wx_activate_after_submit_url": "http://a"})
    }

    #[test]
    fn a_submitted_form_gives_an_active_card_with_its_first_points() {
        let (mut world, card) = world(json!({}), false);
        let before = world.events.len();
        let done = world.run(by_card(&card, "155")).expect("done");
        assert_eq!(
            (done.card_id.clone(), done.outer_str.as_deref(), done.jump),
            (card, Some("poster"), None)
        );
        assert_eq!(world.kinds_since(before), [EventKind::Claim, EventKind::Activate, EventKind::FormSubmit]);
        let code = world.code_ref(done.claimed.seq);
        let member = json!(world.ask(GetUserinfo { code: code.clone() }).expect("a member"));
        assert_eq!((&member["has_active"], &member["bonus"]), (&json!(true), &json!(20)));
        assert_eq!(member["membership_number"], code.text.as_str());
        let info = json!({"common_field_list": [{"name": MOBILE, "value": "155"}], "custom_field_list": []});
        assert_eq!(member["user_info"], info);
        world.run(Activate::of(code.clone(), "no 1")).expect("activated again");
        assert_eq!(world.ask(GetUserinfo { code }).expect("a member").membership_number, "no 1");
    }

    #[test]
    fn a_card_that_is_held_is_not_claimed_again() {
        for deleted in [false, true] {
            let (mut world, card) = world(json!({}), false);
            let code = world.claim(&card, "o1");
            if deleted {
                world.run(DeleteCode { code: code.clone(), openid: "o1".into() }).expect("deleted");
            }
            let before = world.events.len();
            let done = world.run(by_card(&card, "155")).expect("done");
            assert_eq!(done.claimed.seq, world.code(&code).seq);
            let first = if deleted { vec![EventKind::Restore] } else { Vec::new() };
            let expected = [&first[..], &[EventKind::Activate, EventKind::FormSubmit]].concat();
            assert_eq!(world.kinds_since(before), expected);
        }
    }

    #[test]
    fn two_submissions_of_a_batch_are_one_member() {
        let (mut world, card) = world(json!({}), true);
        let replies = world.batch(&[by_card(&card, "1"), by_card(&card, "2")]);
        let seqs: Vec<_> = replies.into_iter().map(|reply| reply.expect("done").claimed.seq).collect();
        assert_eq!(seqs[0], seqs[1]);
        let stored: MemberInfo = world.records[&info_key(seqs[0])].value().expect("answers");
        assert_eq!(stored, answers("2"));
    }

    #[test]
    fn an_active_member_changes_answers_where_the_form_lets_them() {
        for (can_modify, expected) in [(true, None), (false, Some(ErrCode::InvalidUserCardStatus))] {
            let (mut world, card) = world(json!({}), can_modify);
            let code = world.claim(&card, "o1");
            world.run(by_code(&code, "1")).expect("done");
            assert_eq!(refusal(world.run(by_code(&code, "2"))), expected);
            assert_eq!(refusal(world.run(by_card(&card, "3"))), expected);
            if can_modify {
                let event = world.events.last().expect("an event");
                assert_eq!((event.kind, event.amount), (EventKind::FormSubmit, 1));
            }
        }
    }

    #[test]
    fn answers_wait_for_the_merchant_under_a_ticket_for_half_an_hour() {
        let (mut world, card) = world(jumping(), false);
        let before = world.events.len();
        let done = world.run(by_card(&card, "155")).expect("done");
        assert_eq!(done.jump, Some(Jump { url: "http://a".into(), ticket: "t155".into() }));
        assert_eq!(world.kinds_since(before), [EventKind::Claim, EventKind::FormSubmit]);
        let code = world.code_ref(done.claimed.seq);
        assert!(!world.ask(GetUserinfo { code: code.clone() }).expect("a member").has_active);
        let get = |ticket: &str| GetTempInfo { ticket: ticket.to_owned() };
        for _ in 0..2 {
            assert_eq!(world.ask(get("t155")), Ok(answers("155")));
        }
        assert_eq!(refusal(world.ask(get("other"))), Some(ErrCode::InvalidActivateTicket));
        world.run(Activate::of(code.clone(), "no 1")).expect("active");
        let member = json!(world.ask(GetUserinfo { code }).expect("a member"));
        assert_eq!((&member["has_active"], member.get("user_info")), (&json!(true), None));
        world.pass(TICKET_SECS - 1);
        assert_eq!(world.ask(get("t155")), Ok(answers("155")));
        world.pass(1);
        assert_eq!(refusal(world.ask(get("t155"))), Some(ErrCode::ActivateTicketExpired));
        world.pass(KEPT_SECS);
        assert_eq!(refusal(world.ask(get("t155"))), Some(ErrCode::InvalidActivateTicket));
    }

    #[test]
    fn submit_form_errors_follow_the_documented_order() {
        let (mut world, card) = world(json!({}), false);
        let coupon = world.create(groupon(json!({})));
        let by_page = world.create(member_card(json!({}), json!({})));
        let bare = json!({"activate_url": null, "wx_activate": true});
        let no_form = world.create(member_card(json!({"sku": {"quantity": 1}}), bare));
        let blank = |op: SubmitForm| SubmitForm { answers: MemberInfo::default(), ..op };
        for (card, expected) in [
            (&CardId::from("pNowhere"), ErrCode::InvalidCardId),
            (&coupon, ErrCode::InvalidCardType),
            (&by_page, ErrCode::NeedWxActivate),
            (&no_form, ErrCode::NotSupported),
            (&card, ErrCode::MissingFields),
        ] {
            assert_eq!(refusal(world.run(blank(by_card(card, "1")))), Some(expected), "{card}");
        }
        let code = world.claim(&card, "o2");
        assert_eq!(refusal(world.run(blank(by_code(&code, "1")))), Some(ErrCode::InvalidOpenid));
        assert_eq!(refusal(world.run(blank(by_code(&no_code(), "1")))), Some(ErrCode::InvalidSerialCode));
        world.run(DeleteCode { code: code.clone(), openid: "o2".into() }).expect("deleted");
        let gone = SubmitForm { openid: "o2".into(), ..blank(by_code(&code, "1")) };
        assert_eq!(refusal(world.run(gone)), Some(ErrCode::InvalidUserCardStatus));
        world.run(crate::card::DeleteCard { card_id: card.clone() }).expect("deleted");
        assert_eq!(refusal(world.run(blank(by_card(&card, "1")))), Some(ErrCode::MissingFields));
        assert_eq!(refusal(world.run(by_card(&card, "1"))), Some(ErrCode::InvalidCardStatus));
    }
}
