//! The XML form of an event. All elements are always present, in the order and with the CDATA of WeChat's pushes.
//! WeChat manual: "卡券事件推送" (card events).

use super::event_payload::EventPayload;
use kaquan_core::code::PhoneNote;
use kaquan_core::event::EventKind;
use kaquan_core::time::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesText, Event as XmlEvent};
use std::io;

/// `FromUserName` of events without a holder: an openid of the platform, the same for all apps.
const PLATFORM_OPENID: &str = "oKaquanPlatform0000000000000";
/// The only text that card_sku_remind has.
const SKU_DETAIL: &str = "the card's quantity is equal to 0";

/// WeChat's name for an event; `None` if WeChat does not push it.
pub fn name(payload: &EventPayload) -> Option<&'static str> {
    let event = &payload.event;
    Some(match event.kind {
        EventKind::ReviewPass => "card_pass_check",
        EventKind::ReviewRefuse => "card_not_pass_check",
        EventKind::Claim | EventKind::GiftAccept | EventKind::Restore => "user_get_card",
        EventKind::GiftStart | EventKind::GiftReturn => "user_gifting_card",
        EventKind::CodeDelete => "user_del_card",
        EventKind::Consume => "user_consume_card",
        EventKind::Pay => "user_pay_from_pay_cell",
        EventKind::View if payload.push_on_view && event.code.is_some() => "user_view_card",
        EventKind::MemberUpdate if event.amount != 0 || event.amount2 != 0 => "update_member_card",
        EventKind::SkuRemind => "card_sku_remind",
        EventKind::FormSubmit => "submit_membercard_user_info",
        EventKind::SubMerchantReview => "card_merchant_check_result",
        EventKind::PoiCheck => "poi_check_notify",
        _ => return None,
    })
}

/// `FromUserName`.
pub fn from_user(payload: &EventPayload) -> &str {
    match payload.actor() {
        "" => PLATFORM_OPENID,
        actor => actor,
    }
}

/// Elements one after another.
#[derive(Debug, Default)]
struct Elements(Vec<String>);

impl Elements {
    fn text(&mut self, name: &str, value: &str) -> &mut Elements {
        self.0.push(text_element(name, value));
        self
    }

    fn number(&mut self, name: &str, value: i64) -> &mut Elements {
        let value = BytesText::from_escaped(value.to_string());
        self.0.push(element(name, |xml| xml.write_event(XmlEvent::Text(value))));
        self
    }
}

/// An element with a text in CDATA. Characters that XML does not allow are replaced.
pub fn text_element(name: &str, value: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    let value: String = value.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect();
    element(name, |xml| {
        BytesCData::escaped(&value).try_for_each(|section| xml.write_event(XmlEvent::CData(section)))
    })
}

fn element(name: &str, content: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>) -> String {
    let mut xml = Writer::new(Vec::new());
    // Writing to memory cannot fail.
    let _ = xml.create_element(name).write_inner_content(content);
    String::from_utf8(xml.into_inner()).unwrap_or_default()
}

/// The elements of an event, with the envelope first; `None` if WeChat does not push the event.
pub fn elements(payload: &EventPayload, to_user: &str, create_time: Timestamp) -> Option<Vec<String>> {
    let name = name(payload)?;
    let mut all = Elements::default();
    all.text("ToUserName", to_user)
        .text("FromUserName", from_user(payload))
        .number("CreateTime", create_time.0)
        .text("MsgType", "event")
        .text("Event", name);
    body(&mut all, payload);
    Some(all.0)
}

/// The message, with each element on its own line.
pub fn message(elements: &[String]) -> String {
    format!("<xml>{}\n</xml>", elements.join("\n"))
}

fn body(all: &mut Elements, payload: &EventPayload) {
    let event = &payload.event;
    match event.kind {
        EventKind::SubMerchantReview => {
            all.number("MerchantId", event.amount)
                .number("IsPass", event.amount2)
                .text("Reason", payload.detail());
            return;
        }
        EventKind::PoiCheck => {
            all.text("UniqId", payload.detail())
                .text("PoiId", &event.amount.to_string())
                .text("Result", "succ")
                .text("msg", "");
            return;
        }
        _ => all.text("CardId", &payload.card_id),
    };
    match event.kind {
        EventKind::ReviewPass => all.text("RefuseReason", ""),
        EventKind::ReviewRefuse => all.text("RefuseReason", payload.detail()),
        EventKind::SkuRemind => all.text("Detail", SKU_DETAIL),
        EventKind::Claim | EventKind::GiftAccept | EventKind::Restore => got(all, payload),
        EventKind::GiftStart | EventKind::GiftReturn => all
            .text("UserCardCode", &payload.code)
            .number("IsReturnBack", i64::from(event.kind == EventKind::GiftReturn))
            .text("FriendUserName", payload.friend())
            .number("IsChatRoom", event.amount),
        EventKind::Consume => consumed(all, payload),
        EventKind::Pay => all
            .text("UserCardCode", &payload.code)
            .text("TransId", payload.detail())
            .number("LocationId", 0)
            .number("Fee", event.amount)
            .number("OriginalFee", event.amount2),
        EventKind::View => all.text("UserCardCode", &payload.code).text("OuterStr", payload.detail()),
        EventKind::MemberUpdate => all
            .text("UserCardCode", &payload.code)
            .number("ModifyBonus", event.amount)
            .number("ModifyBalance", event.amount2),
        _ => all.text("UserCardCode", &payload.code),
    };
}

/// The elements of user_get_card: a claim, an accepted gift, or a restored member card.
fn got<'a>(all: &'a mut Elements, payload: &EventPayload) -> &'a mut Elements {
    let event = &payload.event;
    let given = event.kind == EventKind::GiftAccept;
    let claimed = event.kind == EventKind::Claim;
    let giver = if given { payload.openid() } else { "" };
    all.number("IsGiveByFriend", i64::from(given))
        .text("UserCardCode", &payload.code)
        .text("FriendUserName", giver)
        .number("OuterId", if claimed { event.amount } else { 0 })
        .text("OldUserCardCode", &payload.other_code)
        .text("OuterStr", if claimed { payload.detail() } else { "" })
        .number("IsRestoreMemberCard", i64::from(event.kind == EventKind::Restore))
        .number("IsRecommendByFriend", 0)
        .text("SourceScene", source_scene(payload))
        .text("UnionId", "")
}

/// The source of a claim (SourceScene). `UNKNOW` is WeChat's spelling.
pub fn source_scene(payload: &EventPayload) -> &'static str {
    match (payload.event.kind, payload.event.amount2) {
        (EventKind::Claim, 1) => "SOURCE_SCENE_QRCODE",
        (EventKind::Claim, 2) => "SOURCE_SCENE_APPMSG_JSAPI",
        _ => "SOURCE_SCENE_UNKNOW",
    }
}

/// The source of a consume (ConsumeSource).
pub fn consume_source(payload: &EventPayload) -> &'static str {
    match payload.event.amount {
        0 => "FROM_API",
        1 => "FROM_MP",
        _ => "FROM_MOBILE_HELPER",
    }
}

/// The holder's note of a self-service consume, and the channel of any other consume. One of them is always empty.
pub fn consume_detail(payload: &EventPayload) -> (PhoneNote, &str) {
    match payload.event.amount {
        0 | 1 => (PhoneNote::default(), payload.detail()),
        _ => (serde_json::from_str(payload.detail()).unwrap_or_default(), ""),
    }
}

fn consumed<'a>(all: &'a mut Elements, payload: &EventPayload) -> &'a mut Elements {
    let (note, outer_str) = consume_detail(payload);
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    all.text("UserCardCode", &payload.code).text("ConsumeSource", consume_source(payload));
    if note.trans_id.is_some() || note.out_trade_no.is_some() {
        all.text("OutTradeNo", &or_empty(&note.out_trade_no)).text("TransId", &or_empty(&note.trans_id));
    }
    all.text("LocationName", "")
        .text("StaffOpenId", "")
        .text("VerifyCode", &or_empty(&note.verify_code))
        .text("RemarkAmount", &or_empty(&note.remark_amount))
        .text("OuterStr", outer_str)
        .number("LocationId", 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::event::Event;
    use kaquan_core::id::{CardNo, CodeSeq};

    fn payload(kind: EventKind) -> EventPayload {
        EventPayload {
            event: Event::new(kind, Timestamp(1_472_551_036), CardNo(1)).of(CodeSeq(1), &"oHolder".into()),
            card_id: "pCard".to_owned(),
            code: "226009850808".to_owned(),
            other_code: String::new(),
            push_on_view: true,
        }
    }

    fn text(payload: &EventPayload) -> String {
        message(&elements(payload, "gh_fc0a06a20993", payload.event.at).unwrap())
    }

    #[test]
    fn a_push_has_its_elements_on_lines_of_their_own() {
        let expected = "<xml><ToUserName><![CDATA[gh_fc0a06a20993]]></ToUserName>\n\
            <FromUserName><![CDATA[oHolder]]></FromUserName>\n<CreateTime>1472551036</CreateTime>\n\
            <MsgType><![CDATA[event]]></MsgType>\n<Event><![CDATA[user_del_card]]></Event>\n\
            <CardId><![CDATA[pCard]]></CardId>\n<UserCardCode><![CDATA[226009850808]]></UserCardCode>\n</xml>";
        assert_eq!(text(&payload(EventKind::CodeDelete)), expected);
    }

    #[test]
    fn no_text_can_end_its_cdata_or_break_the_document() {
        let mut claim = payload(EventKind::Claim);
        claim.event.detail = Some("a]]><Event>x</Event>\u{1}".to_owned());
        assert!(
            text(&claim)
                .contains("<OuterStr><![CDATA[a]]]]><![CDATA[><Event>x</Event>\u{fffd}]]></OuterStr>")
        );
    }

    #[test]
    fn an_accepted_gift_comes_from_its_new_holder() {
        let mut accepted = payload(EventKind::GiftAccept);
        accepted.event.friend = Some("oFriend".into());
        accepted.other_code = "OLD".to_owned();
        let text = text(&accepted);
        for part in [
            "<FromUserName><![CDATA[oFriend]]>",
            "<IsGiveByFriend>1<",
            "<FriendUserName><![CDATA[oHolder]]>",
            "<OldUserCardCode><![CDATA[OLD]]>",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn a_payment_at_the_till_names_its_numbers_behind_the_source() {
        let mut consume = payload(EventKind::Consume);
        let names = |payload: &EventPayload| -> Vec<String> {
            let all = elements(payload, "gh", payload.event.at).unwrap();
            all.iter().skip(6).map(|element| element[1..element.find('>').unwrap()].to_owned()).collect()
        };
        let usual = [
            "UserCardCode",
            "ConsumeSource",
            "LocationName",
            "StaffOpenId",
            "VerifyCode",
            "RemarkAmount",
            "OuterStr",
            "LocationId",
        ];
        assert_eq!(names(&consume), usual);
        consume.event.amount = 2;
        consume.event.detail = Some(r#"{"trans_id":"10022","out_trade_no":"N1"}"#.to_owned());
        assert_eq!(names(&consume)[1..4], ["ConsumeSource", "OutTradeNo", "TransId"]);
        assert!(text(&consume).contains("FROM_MOBILE_HELPER"));
    }

    #[test]
    fn events_that_wechat_does_not_push_have_no_name() {
        let silent =
            [EventKind::Expire, EventKind::ConsumeReturn, EventKind::CodeUnavailable, EventKind::CardCreate];
        silent.into_iter().for_each(|kind| assert_eq!(name(&payload(kind)), None));
        assert_eq!(name(&payload(EventKind::MemberUpdate)), None, "neither points nor balance changed");
        assert_eq!(name(&payload(EventKind::View)), Some("user_view_card"));
        assert_eq!(name(&EventPayload { push_on_view: false, ..payload(EventKind::View) }), None);
    }
}
