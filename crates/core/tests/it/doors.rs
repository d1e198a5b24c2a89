//! Every operation that leads to a claim, at every entry point, with every rule that limits a card to some holders. A
//! new entry point or operation does not compile until this table has an answer for it.

use crate::testing::{START, World, general_card, groupon, member_card, merged, object, refusal};
use kaquan_core::app::ReviewPolicy;
use kaquan_core::card::{SetWhiteList, WhiteList};
use kaquan_core::code::{AcceptGift, CardExtUse, Claim, DeleteCode, Gift, QrScan, Via};
use kaquan_core::error::ErrCode;
use kaquan_core::id::CardId;
use kaquan_core::member::{MemberForm, MemberInfo, SetMemberForm, SubmitForm, Target};
use kaquan_core::operation::Operation;
use kaquan_core::pay_gift::{AddPayGift, GivePayGift, Mchid, PayGiftRule, RuleType};
use serde_json::json;

use ErrCode::{
    CodeMissing, GetLimitReached, InvalidCardExt, InvalidCardStatus, InvalidOpenid, InvalidTime,
    StockOutOfLimit,
};

fn page(openid: Option<&str>) -> Via {
    let openid = openid.map(Into::into);
    Via::Page(CardExtUse::Signed { openid, signature: "s".into(), until: START.plus(7200) })
}

fn scan(openid: Option<&str>) -> Via {
    Via::Qr(QrScan { openid: openid.map(Into::into), once: Some(("t".into(), START.plus(7200))) })
}

/// Returns the entry point after `via`, or the first one. Each has two results of a claim by `o1`: of a card for any
/// holder, and of a card with `bind_openid`. A new variant of `Via` must be added to this chain.
fn next(via: Option<&Via>) -> Option<(Via, [Option<ErrCode>; 2])> {
    let for_other = [Some(InvalidOpenid), Some(InvalidOpenid)];
    Some(match via {
        None => (Via::Server, [None, None]),
        Some(Via::Server) => (Via::Payment, [None, None]),
        Some(Via::Payment) => (Via::Link, [None, Some(InvalidOpenid)]),
        Some(Via::Link) => (Via::Form, [None, Some(InvalidOpenid)]),
        Some(Via::Form) => (Via::Sms, [None, Some(InvalidOpenid)]),
        Some(Via::Sms) => (scan(None), [None, Some(InvalidOpenid)]),
        Some(Via::Qr(QrScan { openid: None, .. })) => (scan(Some("o1")), [None, None]),
        Some(Via::Qr(QrScan { openid: Some(openid), .. })) if openid.as_str() == "o1" => {
            (scan(Some("o2")), for_other)
        }
        Some(Via::Qr(_)) => (page(None), [None, Some(InvalidOpenid)]),
        Some(Via::Page(CardExtUse::Signed { openid: None, .. })) => (page(Some("o1")), [None, None]),
        Some(Via::Page(CardExtUse::Signed { openid: Some(openid), .. })) if openid.as_str() == "o1" => {
            (page(Some("o2")), for_other)
        }
        Some(Via::Page(CardExtUse::Signed { .. })) => {
            let wrong = Via::Page(CardExtUse::Wrong("not signed".to_owned()));
            (wrong, [Some(InvalidCardExt), Some(InvalidCardExt)])
        }
        Some(Via::Page(CardExtUse::Wrong(_))) => return None,
    })
}

fn doors() -> Vec<(Via, [Option<ErrCode>; 2])> {
    std::iter::successors(next(None), |(via, _)| next(Some(via))).collect()
}

/// Whether an operation can give a code to a holder. A new operation must be added to one of the two lists. If the
/// operation can, it must also be added to the tests below.
fn leads_to_a_claim(operation: &Operation) -> bool {
    use Operation as Op;
    match operation {
        Op::Claim(_) | Op::SubmitForm(_) | Op::GivePayGift(_) | Op::AcceptGift(_) => true,
        Op::CreateCard(_)
        | Op::UpdateCard(_)
        | Op::ReviewCard(_)
        | Op::ModifyStock(_)
        | Op::DeleteCard(_) => false,
        Op::SetPayCell(_) | Op::SetSelfConsumeCell(_) | Op::SetWhiteList(_) | Op::CreateLandingPage(_) => {
            false
        }
        Op::View(_) | Op::Consume(_) | Op::SelfConsume(_) | Op::ReturnConsume(_) | Op::MarkCode(_) => false,
        Op::Gift(_) | Op::ReturnGift(_) | Op::DeleteCode(_) | Op::MakeUnavailable(_) | Op::UpdateCode(_) => {
            false
        }
        Op::DepositCodes(_) | Op::ImportCodes(_) | Op::ExpireCodes(_) | Op::Activate(_) => false,
        Op::UpdateMember(_) | Op::SetMemberForm(_) | Op::Pay(_) | Op::UpdateTicket(_) => false,
        Op::ActivateGeneralCard(_) | Op::UnactivateGeneralCard(_) | Op::UpdateGeneralCard(_) => false,
        Op::IssueDynamic(_) => false,
        Op::AddPayGift(_) | Op::DeletePayGift(_) | Op::ReleaseMchids(_) => false,
        Op::SubmitSubMerchant(_) | Op::UpdateSubMerchant(_) | Op::ReviewSubMerchant(_) => false,
        Op::AddPoi(_) | Op::UpdatePoi(_) | Op::DeletePoi(_) | Op::SetIdentity(_) => false,
        Op::SetTillStore(_) | Op::SetStoreCard(_) | Op::CreateSmsLink(_) => false,
        Op::SendAnnouncement(_) | Op::UpdateAnnouncement(_) => false,
        Op::LeaveWallet(_) | Op::NoteAudit(_) => false,
    }
}

fn claim(card_id: &CardId, via: &Via) -> Claim {
    Claim::of(card_id.clone(), "o1".into(), via.clone())
}

fn form(card_id: &CardId, via: &Via) -> SubmitForm {
    SubmitForm {
        target: Target::Card(claim(card_id, via)),
        openid: "o1".into(),
        answers: MemberInfo::read(&object(json!({}))).expect("answers"),
        ticket: "ticket".to_owned(),
    }
}

fn run(world: &mut World, operation: impl Into<Operation>) -> Option<ErrCode> {
    let operation = operation.into();
    assert!(leads_to_a_claim(&operation), "{}", operation.name());
    refusal(world.run(operation))
}

/// A world with a member card that becomes active with a form.
fn world_with_form(base_info: serde_json::Value) -> (World, CardId) {
    let mut world = World::new();
    let by_form = json!({"activate_url": null, "wx_activate": true});
    let card_id = world.create(member_card(base_info, by_form));
    let form = MemberForm::read(&object(json!({}))).expect("a form");
    world.run(SetMemberForm { card_id: card_id.clone(), form }).expect("set");
    (world, card_id)
}

#[test]
fn a_card_for_named_holders_is_for_them_at_every_door() {
    for (via, expected) in doors() {
        for (bound, expected) in [false, true].into_iter().zip(expected) {
            let base = json!({"bind_openid": bound});
            for card in [
                groupon(base.clone()),
                member_card(base.clone(), json!({})),
                general_card(base.clone(), json!({})),
            ] {
                let mut world = World::new();
                let id = world.create(card);
                assert_eq!(run(&mut world, claim(&id, &via)), expected, "claim {via:?}, bound: {bound}");
            }
            let (mut world, id) = world_with_form(base);
            assert_eq!(run(&mut world, form(&id, &via)), expected, "form {via:?}, bound: {bound}");
        }
    }
}

#[test]
fn a_deleted_member_card_is_taken_up_again_at_the_doors_that_give_it() {
    for (via, expected) in doors() {
        for (bound, expected) in [false, true].into_iter().zip(expected) {
            let base = json!({"bind_openid": bound});
            let mut world = World::new();
            let id = world.create(member_card(base.clone(), json!({})));
            let code = world.claim(&id, "o1");
            world.run(DeleteCode { code, openid: "o1".into() }).expect("deleted");
            assert_eq!(run(&mut world, claim(&id, &via)), expected, "claim {via:?}, bound: {bound}");
            let (mut world, id) = world_with_form(base);
            let code = world.claim(&id, "o1");
            world.run(DeleteCode { code, openid: "o1".into() }).expect("deleted");
            assert_eq!(run(&mut world, form(&id, &via)), expected, "form {via:?}, bound: {bound}");
        }
    }
}

#[test]
fn a_payment_reported_by_the_merchant_gives_a_card_for_named_holders() {
    let mut world = World::new();
    let card = world.create(member_card(json!({"bind_openid": true}), json!({})));
    let rule = PayGiftRule {
        kind: RuleType::PayMemberCard,
        mchids: vec![Mchid(7)],
        begin: START,
        end: START.plus(20),
        card_id: Some(card),
        least_cost: 1,
        max_cost: 9,
        gives: object(json!({})),
        created_at: START,
    };
    world.run(AddPayGift { rule, invalid: Vec::new(), is_locked: false }).expect("a rule");
    assert_eq!(run(&mut world, GivePayGift { openid: "o1".into(), mchid: Mchid(7), fee: 5 }), None);
    assert_eq!(world.codes.len(), 1);
}

/// Accepting a gift is not a claim. The card's `can_give_friend` decides whether a code can be given away.
#[test]
fn a_code_for_a_named_holder_is_given_on_where_the_card_allows_it() {
    for (can_give, expected) in [(true, None), (false, Some(ErrCode::InvalidUserCardStatus))] {
        let mut world = World::new();
        let card = world.create(groupon(json!({"bind_openid": true, "can_give_friend": can_give})));
        let code = world.claim(&card, "o1");
        let gift = world.run(Gift { to: Some("o2".into()), ..Gift::of(code.clone(), "o1".into()) });
        assert_eq!(refusal(gift).is_none(), can_give);
        assert!(run(&mut world, AcceptGift { code: code.clone(), openid: "o3".into() }).is_some());
        assert_eq!(run(&mut world, AcceptGift { code, openid: "o2".into() }), expected);
    }
}

/// The other rules that limit a card, and the result at each entry point that is open to `o1`.
#[test]
fn everything_else_that_binds_a_card_binds_it_at_every_door() {
    let open = doors().into_iter().filter(|(_, [open, _])| open.is_none());
    for (via, _) in open {
        for (what, base, expected) in [
            ("own codes", json!({"use_custom_code": true}), Some(CodeMissing)),
            ("no stock", json!({"sku": {"quantity": 1}}), Some(StockOutOfLimit)),
            (
                "deposited codes, none left",
                merged(json!({"sku": {"quantity": 0}}), deposit()),
                Some(StockOutOfLimit),
            ),
            ("get_limit", json!({"get_limit": 1}), Some(GetLimitReached)),
            ("over", json!({"date_info": crate::testing::range(0, 10)}), Some(InvalidTime)),
        ] {
            let mut world = World::new();
            let id = world.create(groupon(base));
            match what {
                "get_limit" => drop(world.claim(&id, "o1")),
                "no stock" => drop(world.claim(&id, "o9")),
                _ => {}
            }
            world.pass(11);
            assert_eq!(run(&mut world, claim(&id, &via)), expected, "{what} {via:?}");
        }
        let mut world = World::reviewed_by(ReviewPolicy::Manual);
        let id = world.create(groupon(json!({})));
        assert_eq!(run(&mut world, claim(&id, &via)), Some(InvalidCardStatus), "not reviewed {via:?}");
        let list = SetWhiteList { list: WhiteList { openids: vec!["o1".into()], usernames: Vec::new() } };
        world.run(list).expect("a test user");
        assert_eq!(run(&mut world, claim(&id, &via)), None, "a test user {via:?}");
    }
}

fn deposit() -> serde_json::Value {
    json!({"use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT"})
}
