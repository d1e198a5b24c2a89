//! The texts of operations. Each text is accepted at its limit, and refused with one byte more or with a control
//! character. Operations have these rules, so they hold for calls, pages, commands and tickets.

use crate::testing::{START, World, general_card, groupon, member_card, object};
use kaquan_core::announcement::{SendAnnouncement, UpdateAnnouncement};
use kaquan_core::card::{CreateLandingPage, CreateSmsLink, LandingPage, ReviewCard, SmsLink};
use kaquan_core::code::{
    Claim, CodeRef, Consume, DepositCodes, Gift, ImportCodes, MakeUnavailable, MarkCode, ReturnConsume,
    UpdateCode, Via, View,
};
use kaquan_core::error::{Detail, ErrCode, Error};
use kaquan_core::general_card::{ActivateGeneralCard, UpdateGeneralCard};
use kaquan_core::id::CardId;
use kaquan_core::member::{Activate, MemberChange, Pay, UpdateMember};
use kaquan_core::operation::Operation;
use kaquan_core::pay_gift::{AddPayGift, Mchid, PayGiftRule, RuleType};
use serde_json::json;

/// The objects that the operations need.
struct Scene {
    world: World,
    card: CardId,
    custom: CardId,
    deposit: CardId,
    members: CardId,
    waiting: CardId,
    code: CodeRef,
    consumed: CodeRef,
    member: CodeRef,
    general: CodeRef,
    named: CodeRef,
}

impl Scene {
    fn new() -> Scene {
        let mut world = World::new();
        let card = world.create(groupon(json!({"get_limit": 50, "can_give_friend": true})));
        let custom = world.create(groupon(json!({"use_custom_code": true, "get_limit": 50})));
        let deposit = world.create(groupon(json!({
            "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT", "sku": {"quantity": 0},
        })));
        let members = world.create(member_card(json!({}), json!({})));
        let (code, consumed, member) =
            (world.claim(&card, "o1"), world.claim(&card, "o1"), world.claim(&members, "o1"));
        world.run(Consume::of(consumed.clone())).expect("consumed");
        world.run(Activate::of(member.clone(), "1")).expect("active");
        world
            .run(SendAnnouncement {
                code: member.clone(),
                end_time: START.plus(60),
                text: "a".into(),
                url: None,
                thumb_url: None,
                own_pictures: String::new(),
            })
            .expect("sent");
        let claim =
            Claim { code: Some("first".into()), ..Claim::of(custom.clone(), "o1".into(), Via::Server) };
        let claimed = world.run(claim).expect("a code");
        let named = world.code_ref(claimed.seq);
        let gift_card = world.create(general_card(json!({}), json!({"auto_activate": true})));
        let general = world.claim(&gift_card, "o1");
        world.app.review = kaquan_core::app::ReviewPolicy::Manual;
        let waiting = world.create(groupon(json!({})));
        Scene { world, card, custom, deposit, members, waiting, code, consumed, member, general, named }
    }
}

type Make = fn(&Scene, String) -> Operation;

/// Each text: its name in errors, its limit in bytes, the errcode of a longer text, and the operation with such a
/// text.
const TEXTS: &[(&str, usize, ErrCode, Make)] = &[
    ("outer_str", 128, ErrCode::OutOfLengthLimit, |on, text| {
        Claim { outer_str: Some(text), ..Claim::of(on.card.clone(), "o2".into(), Via::Server) }.into()
    }),
    ("outer_str", 128, ErrCode::OutOfLengthLimit, |on, text| {
        View { card_id: on.card.clone(), openid: "o2".into(), outer_str: Some(text) }.into()
    }),
    ("outer_str", 128, ErrCode::OutOfLengthLimit, |on, text| {
        Consume { outer_str: Some(text), ..Consume::of(on.code.clone()) }.into()
    }),
    ("request_no", 64, ErrCode::OutOfLengthLimit, |on, text| {
        Claim { request_no: Some(text.into()), ..Claim::of(on.card.clone(), "o2".into(), Via::Server) }.into()
    }),
    ("code", 20, ErrCode::OutOfLengthLimit, |on, text| {
        Claim { code: Some(text.into()), ..Claim::of(on.custom.clone(), "o2".into(), Via::Server) }.into()
    }),
    ("new_code", 20, ErrCode::OutOfLengthLimit, |on, text| {
        UpdateCode { code: on.named.clone(), new_code: text.into() }.into()
    }),
    ("openid", 64, ErrCode::InvalidOpenid, |on, text| {
        Claim::of(on.card.clone(), text.into(), Via::Server).into()
    }),
    ("openid", 64, ErrCode::InvalidOpenid, |on, text| {
        View { card_id: on.card.clone(), openid: text.into(), outer_str: None }.into()
    }),
    ("openid", 64, ErrCode::InvalidOpenid, |on, text| {
        MarkCode { code: on.code.clone(), openid: text.into(), is_mark: true }.into()
    }),
    ("friend_openid", 64, ErrCode::InvalidOpenid, |on, text| {
        Gift { to: Some(text.into()), ..Gift::of(on.code.clone(), "o1".into()) }.into()
    }),
    ("reason", 512, ErrCode::OutOfLengthLimit, |on, text| {
        MakeUnavailable { code: on.code.clone(), reason: Some(text) }.into()
    }),
    ("reason", 512, ErrCode::OutOfLengthLimit, |on, text| {
        ReturnConsume { code: on.consumed.clone(), reason: Some(text) }.into()
    }),
    ("reason", 512, ErrCode::OutOfLengthLimit, |on, text| {
        ReviewCard { card_id: on.waiting.clone(), refuse: Some(text) }.into()
    }),
    ("file", 64, ErrCode::OutOfLengthLimit, |on, text| {
        ImportCodes {
            card_id: on.deposit.clone(),
            file: text.into(),
            from: 0,
            codes: Vec::new(),
            rest: Vec::new(),
            chunk_from: 0,
            stock: false,
        }
        .into()
    }),
    ("trans_id", 64, ErrCode::OutOfLengthLimit, |on, text| {
        Pay { trans_id: Some(text), ..Pay::of(on.member.clone(), 1, 1) }.into()
    }),
    ("out_trade_no", 64, ErrCode::OutOfLengthLimit, |on, text| {
        Pay { out_trade_no: Some(text), ..Pay::of(on.member.clone(), 1, 1) }.into()
    }),
    ("membership_number", 20, ErrCode::OutOfLengthLimit, |on, text| {
        Activate::of(on.member.clone(), &text).into()
    }),
    ("init_bonus_record", 32, ErrCode::OutOfLengthLimit, |on, text| {
        Activate { init_bonus_record: Some(text), ..Activate::of(on.member.clone(), "1") }.into()
    }),
    ("init_custom_field_value2", 12, ErrCode::OutOfLengthLimit, |on, text| {
        Activate { custom_field_values: [None, Some(text), None], ..Activate::of(on.member.clone(), "1") }
            .into()
    }),
    ("background_pic_url", 512, ErrCode::OutOfLengthLimit, |on, text| {
        Activate { background_pic_url: Some(text), ..Activate::of(on.member.clone(), "1") }.into()
    }),
    ("record_bonus", 42, ErrCode::OutOfLengthLimit, |on, text| {
        changed(on, MemberChange { record_bonus: Some(text), ..MemberChange::default() })
    }),
    ("record_balance", 64, ErrCode::OutOfLengthLimit, |on, text| {
        changed(on, MemberChange { record_balance: Some(text), ..MemberChange::default() })
    }),
    ("membership_number", 20, ErrCode::OutOfLengthLimit, |on, text| {
        changed(on, MemberChange { membership_number: Some(text), ..MemberChange::default() })
    }),
    ("custom_field_value1", 12, ErrCode::OutOfLengthLimit, |on, text| {
        let custom_field_values = [Some(text), None, None];
        changed(on, MemberChange { custom_field_values, ..MemberChange::default() })
    }),
    ("background_pic_url", 512, ErrCode::OutOfLengthLimit, |on, text| {
        changed(on, MemberChange { background_pic_url: Some(text), ..MemberChange::default() })
    }),
    ("text", 48, ErrCode::OutOfLengthLimit, |on, text| announced(on, |sent| sent.text = text)),
    ("url", 256, ErrCode::OutOfLengthLimit, |on, text| announced(on, |sent| sent.url = Some(text))),
    ("text", 48, ErrCode::OutOfLengthLimit, |on, text| changed_notice(on, |to| to.text = Some(text))),
    ("url", 256, ErrCode::OutOfLengthLimit, |on, text| changed_notice(on, |to| to.url = Some(text))),
    ("outer_str", 128, ErrCode::OutOfLengthLimit, |on, text| {
        let link = SmsLink { card_id: on.members.clone(), code: None, outer_id: 0, outer_str: Some(text) };
        CreateSmsLink { name: "n".into(), link }.into()
    }),
    ("page_title", 512, ErrCode::OutOfLengthLimit, |on, text| page(on, |page| page.page_title = text)),
    ("banner", 512, ErrCode::OutOfLengthLimit, |on, text| page(on, |page| page.banner = text)),
    ("thumb_url", 512, ErrCode::OutOfLengthLimit, |on, text| page(on, |page| page.cards[0].1 = text)),
    ("rule.jump_url", 512, ErrCode::OutOfLengthLimit, |on, text| pay_gift(on, json!({"jump_url": text}))),
    ("rule.a.b_url", 512, ErrCode::OutOfLengthLimit, |on, text| {
        pay_gift(on, json!({"a": [{"b_url": text}]}))
    }),
];

/// The operation on a general card that corresponds to an operation on a member card, and the name of the field in
/// the former.
fn for_general_card(on: &Scene, op: Operation, field: &str) -> Option<(Operation, String)> {
    let code = on.general.clone();
    match op {
        Operation::Activate(activate) => {
            let op = ActivateGeneralCard(Activate { code, ..activate }).into();
            Some((op, field.replace("membership_number", "card_number")))
        }
        Operation::UpdateMember(UpdateMember { change, .. }) => {
            Some((UpdateGeneralCard { code, change, can_give_friend: None }.into(), field.to_owned()))
        }
        _ => None,
    }
}

fn pay_gift(on: &Scene, gives: serde_json::Value) -> Operation {
    let rule = PayGiftRule {
        kind: RuleType::PayMemberCard,
        mchids: vec![Mchid(7)],
        begin: START,
        end: START.plus(20),
        card_id: Some(on.members.clone()),
        least_cost: 1,
        max_cost: 9,
        gives: object(gives),
        created_at: START,
    };
    AddPayGift { rule, invalid: Vec::new(), is_locked: false }.into()
}

fn announced(on: &Scene, set: impl FnOnce(&mut SendAnnouncement)) -> Operation {
    let mut send = SendAnnouncement {
        code: on.member.clone(),
        end_time: on.world.now.plus(60),
        text: "a".into(),
        url: None,
        thumb_url: None,
        own_pictures: "https://cards/".into(),
    };
    set(&mut send);
    send.into()
}

fn changed_notice(on: &Scene, set: impl FnOnce(&mut UpdateAnnouncement)) -> Operation {
    let mut update = UpdateAnnouncement {
        code: on.member.clone(),
        create_time: on.world.now,
        text: None,
        url: None,
        thumb_url: None,
        end_time: None,
        close: false,
        own_pictures: "https://cards/".into(),
    };
    set(&mut update);
    update.into()
}

fn changed(on: &Scene, change: MemberChange) -> Operation {
    UpdateMember { code: on.member.clone(), change }.into()
}

fn page(on: &Scene, change: impl FnOnce(&mut LandingPage)) -> Operation {
    let mut page = LandingPage {
        banner: "http://b".to_owned(),
        page_title: "title".to_owned(),
        can_share: true,
        scene: "SCENE_H5".to_owned(),
        cards: vec![(on.card.clone(), "http://a".to_owned())],
    };
    change(&mut page);
    CreateLandingPage { page }.into()
}

fn refused(scene: &Scene, op: Operation) -> Option<(ErrCode, String)> {
    let named = |error: Error| match error.detail {
        Detail::Field { field, .. } => (error.code, field),
        other => panic!("{other:?}"),
    };
    scene.world.clone().run(op).err().map(named)
}

#[test]
fn a_text_is_taken_at_its_limit_and_refused_with_a_byte_more() {
    let scene = Scene::new();
    for (field, max, code, make) in TEXTS {
        assert_eq!(refused(&scene, make(&scene, "x".repeat(*max))), None, "{field} of {max} bytes");
        let longer = refused(&scene, make(&scene, "x".repeat(max + 1)));
        assert_eq!(longer, Some((*code, (*field).to_owned())), "{field} of {max} bytes and one");
    }
}

#[test]
fn a_general_card_has_the_text_limits_of_a_member_card() {
    let scene = Scene::new();
    let mut checked = 0;
    for (field, max, code, make) in TEXTS {
        let op = |text: String| for_general_card(&scene, make(&scene, text), field);
        let Some((fits, name)) = op("x".repeat(*max)) else { continue };
        assert_eq!(refused(&scene, fits), None, "{field} of {max} bytes");
        for (text, code) in [("x".repeat(max + 1), *code), ("a\u{1b}".to_owned(), ErrCode::DataFormat)] {
            let (op, _) = op(text).expect("an operation");
            assert_eq!(refused(&scene, op), Some((code, name.clone())));
        }
        checked += 1;
    }
    assert_eq!(checked, 9);
}

#[test]
fn a_control_character_is_refused_in_every_text() {
    let scene = Scene::new();
    for (field, _, code, make) in TEXTS {
        for bad in ["a\u{1b}[1m", "a\u{0}b", "a\u{7f}b"] {
            let expected = if *code == ErrCode::InvalidOpenid { *code } else { ErrCode::DataFormat };
            assert_eq!(
                refused(&scene, make(&scene, bad.to_owned())),
                Some((expected, (*field).to_owned())),
                "{field} {bad:?}"
            );
        }
    }
}

#[test]
fn blanks_around_a_code_are_cut_and_blanks_alone_are_no_code() {
    let scene = Scene::new();
    let deposit = |world: &mut World, code: &str| {
        world.run(DepositCodes { card_id: scene.deposit.clone(), codes: vec![code.into()] })
    };
    let mut world = scene.world.clone();
    let done = deposit(&mut world, " \u{3000}A1\u{a0}\r\n").expect("deposited");
    assert_eq!(done.succ, ["A1".into()]);
    assert_eq!(deposit(&mut world, "A1").expect("deposited").duplicate, ["A1".into()]);
    let code = |result: Result<_, Error>| result.err().map(|error| error.code);
    assert_eq!(code(deposit(&mut world, "\u{3000} ").map(drop)), Some(ErrCode::HaveEmptyCode));
    assert_eq!(code(deposit(&mut world, "A\u{1}1").map(drop)), Some(ErrCode::DataFormat));
    let blank = UpdateCode { code: scene.named.clone(), new_code: " ".into() };
    assert_eq!(code(world.run(blank)), Some(ErrCode::HaveEmptyCode));
    let blank =
        Claim { code: Some("\t".into()), ..Claim::of(scene.custom.clone(), "o2".into(), Via::Server) };
    assert_eq!(code(world.run(blank).map(drop)), Some(ErrCode::HaveEmptyCode));
}

#[test]
fn an_outer_id_has_32_bits() {
    let scene = Scene::new();
    let claim = |outer_id| Claim { outer_id, ..Claim::of(scene.card.clone(), "o2".into(), Via::Server) };
    for fits in [i64::from(i32::MIN), 0, i64::from(i32::MAX)] {
        assert_eq!(refused(&scene, claim(fits).into()), None, "{fits}");
    }
    for beyond in [i64::from(i32::MAX) + 1, i64::from(i32::MIN) - 1, i64::MAX] {
        let expected = Some((ErrCode::InvalidArgs, "outer_id".to_owned()));
        assert_eq!(refused(&scene, claim(beyond).into()), expected, "{beyond}");
    }
}

/// The field table has the limits of cards' texts. A link must have the scheme http or https, or none.
#[test]
fn every_link_of_a_card_refuses_other_schemes() {
    use kaquan_core::card::{FIELDS, Kind, normalize};
    fn links(kind: &Kind, path: String, found: &mut Vec<(String, Kind)>) {
        match kind {
            Kind::Link { .. } => found.push((path, *kind)),
            Kind::List { of, .. } => links(of, path, found),
            Kind::Object(parts) => {
                parts.iter().for_each(|part| links(&part.kind, format!("{path}.{}", part.key), found));
            }
            Kind::Text { .. } => {
                let is_link = path.ends_with("url") || path.ends_with("url_list");
                assert!(!is_link, "{path} is a link by its name");
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    FIELDS.iter().for_each(|field| links(&field.kind, field.path(), &mut found));
    assert!(found.len() > 15, "{found:?}");
    for (path, kind) in found {
        for text in [
            "javascript:alert(1)",
            "Data:text/html,a",
            " vbscript:a",
            "file:///a",
            "java\tscript:a",
            "//evil",
            "/\\evil",
        ] {
            let error = normalize(&kind, &json!(text), &path).expect_err(&path);
            assert_eq!(error.code, ErrCode::InvalidArgs, "{path} {text}");
        }
        for text in ["http://a", "https://a", "www.qq.com/a", ""] {
            assert!(normalize(&kind, &json!(text), &path).is_ok(), "{path} {text}");
        }
    }
    let form = object(json!({"bind_old_card": {"name": "a", "url": "javascript:a"}}));
    let error = kaquan_core::member::MemberForm::read(&form).expect_err("a link");
    assert_eq!(error.code, ErrCode::InvalidArgs);
}

#[test]
fn every_link_of_an_operation_refuses_other_schemes() {
    let scene = Scene::new();
    let links = TEXTS.iter().filter(|(field, ..)| field.ends_with("url") || *field == "banner");
    assert_eq!(links.clone().count(), 8);
    for (field, _, _, make) in links {
        for text in ["javascript:alert(1)", " vbscript:a", "data:text/html,a", "//evil"] {
            let expected = Some((ErrCode::InvalidArgs, (*field).to_owned()));
            assert_eq!(refused(&scene, make(&scene, text.to_owned())), expected, "{field} {text}");
        }
        assert_eq!(refused(&scene, make(&scene, "https://a/b".to_owned())), None, "{field}");
    }
}
