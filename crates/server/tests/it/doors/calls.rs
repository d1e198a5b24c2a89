//! For each call of the API: whose data it uses, and a request that is valid with a token of the right app.

use super::{HOLDER, STRANGER, World};
use crate::support::*;

/// Whose data a call uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// An object of the first app that the request names. Other apps are refused.
    AnApp,
    /// Only the app of the token. Other apps get their own data.
    Caller,
    /// No app's data, or data for everyone with the link.
    Public,
}

/// A valid request.
pub struct Call {
    /// Whose data it uses.
    pub about: About,
    /// The query after the token, with its `&`.
    pub query: String,
    /// The body.
    pub body: Value,
    /// The errcode for the first app.
    pub errcode: i64,
}

fn an_app(body: Value) -> Call {
    Call { about: About::AnApp, query: String::new(), body, errcode: 0 }
}

fn caller(body: Value) -> Call {
    Call { about: About::Caller, query: String::new(), body, errcode: 0 }
}

fn public(query: String, body: Value, errcode: i64) -> Call {
    Call { about: About::Public, query, body, errcode }
}

/// The request for a path; `None` if this table does not have the path.
pub fn call(world: &World, path: &str) -> Option<Call> {
    let tables = [cards, codes, distribution, members, shops, statistics, wallet, native];
    tables.iter().find_map(|table| table(world, path))
}

fn cards(world: &World, path: &str) -> Option<Call> {
    let card_id = &world.coupon;
    Some(match path {
        "/card/create" => caller(json!({"card": card("GROUPON")})),
        "/card/get" | "/card/delete" => an_app(json!({"card_id": card_id})),
        "/card/batchget" => caller(json!({"offset": 0, "count": 10})),
        "/card/update" | "/kaquan/v1/card/update/preview" => {
            an_app(json!({"card_id": card_id, "groupon": {"base_info": {"notice": "新提醒"}}}))
        }
        "/card/modifystock" => an_app(json!({"card_id": card_id, "increase_stock_value": 1})),
        "/card/getcolors" | "/card/getapplyprotocol" => public(String::new(), json!({}), 0),
        "/card/testwhitelist/set" => caller(json!({"openid": [STRANGER]})),
        "/card/paycell/set" => an_app(json!({"card_id": card_id, "is_open": true})),
        "/card/selfconsumecell/set" => an_app(json!({"card_id": card_id, "is_open": true})),
        _ => return None,
    })
}

fn codes(world: &World, path: &str) -> Option<Call> {
    let World { coupon, deposited, code, .. } = world;
    let server = &world.server;
    Some(match path {
        "/card/code/get" | "/card/code/consume" => an_app(json!({"code": code})),
        "/card/code/unavailable" => an_app(json!({"code": code, "reason": "退款"})),
        "/card/code/update" => {
            an_app(json!({"card_id": deposited, "code": "DOORS-1", "new_code": "DOORS-2"})).held(world)
        }
        "/card/code/deposit" => an_app(json!({"card_id": deposited, "code": ["DOORS-3"]})),
        "/card/code/getdepositcount" => an_app(json!({"card_id": deposited})),
        "/card/code/checkcode" => an_app(json!({"card_id": deposited, "code": ["DOORS-1"]})),
        "/card/code/decrypt" => {
            let shown = server.ok("/wallet/v1/get", json!({"code": code, "openid": HOLDER}));
            an_app(json!({"encrypt_code": shown["encrypt_code"]}))
        }
        "/card/code/mark" => {
            an_app(json!({"card_id": coupon, "code": code, "openid": STRANGER, "is_mark": true}))
        }
        "/card/user/getcardlist" => caller(json!({"openid": HOLDER})),
        "/kaquan/v1/code/import" => an_app(json!({"card_id": deposited, "file": "f", "code": ["DOORS-4"]})),
        "/kaquan/v1/code/return" => an_app(json!({"code": world.consumed})),
        _ => return None,
    })
}

impl Call {
    /// The same request, after a holder has claimed the deposited code.
    fn held(self, world: &World) -> Call {
        world.server.ok("/wallet/v1/claim", json!({"card_id": world.deposited, "openid": HOLDER}));
        self
    }
}

fn distribution(world: &World, path: &str) -> Option<Call> {
    let card_id = &world.coupon;
    Some(match path {
        "/card/mpnews/gethtml" => an_app(json!({"card_id": card_id})),
        "/card/landingpage/create" => an_app(json!({
            "banner": "http://mmbiz.qpic.cn/banner", "page_title": "优惠", "can_share": true,
            "scene": "SCENE_H5", "card_list": [{"card_id": card_id, "thumb_url": "http://a/b.png"}],
        })),
        "/card/qrcode/create" | "/cgi-bin/qrcode/create" => {
            an_app(json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": card_id}}}))
        }
        "/cgi-bin/showqrcode" => public(format!("&ticket={}", ticket(world)), json!({}), 0),
        "/cgi-bin/ticket/getticket" => Call { query: "&type=wx_card".to_owned(), ..caller(json!({})) },
        "/cgi-bin/getcallbackip" | "/cgi-bin/get_api_domain_ip" => public(String::new(), json!({}), 0),
        // Both calls need a secret, so a request with only a token is refused.
        "/cgi-bin/token" => public(String::new(), json!({}), 40002),
        "/cgi-bin/stable_token" => public(String::new(), json!({"grant_type": "x"}), 40002),
        "/cgi-bin/clear_quota" => an_app(json!({"appid": world.server.app.appid})),
        "/cgi-bin/clear_quota/v2" => public(String::new(), json!({"appid": "x"}), 41004),
        "/cgi-bin/media/upload" => public("&type=image".to_owned(), json!({}), 41005),
        "/cgi-bin/media/get" => {
            let query = format!("&media_id={}", world.server.paper());
            Call { query, ..an_app(json!({})) }
        }
        "/card/sms/geturl" => an_app(json!({"card_id": world.member_card, "outer_str": "sms"})),
        "/cgi-bin/media/uploadimg" => public(String::new(), json!({}), 41005),
        _ => return None,
    })
}

/// A QR ticket for the coupon, encoded for a query.
pub fn ticket(world: &World) -> String {
    let body = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": world.coupon}}});
    let ticket = world.server.ok("/card/qrcode/create", body)["ticket"].take();
    crate::support::page::encoded(&[("", ticket.as_str().expect("a ticket"))])[1..].to_owned()
}

fn members(world: &World, path: &str) -> Option<Call> {
    let World { member_card, member, server, .. } = world;
    let rule = json!({"rule_info": {
        "type": "RULE_TYPE_PAY_MEMBER_CARD",
        "base_info": {"mchid_list": ["1"], "begin_time": server.now(), "end_time": server.now() + 86_400},
        "member_rule": {"card_id": member_card, "least_cost": 100, "jump_url": "https://shop.example/joined"},
    }});
    let older = json!({
        "card_id": member_card, "jump_url": "https://shop.example/joined", "mchid_list": ["1"],
        "begin_time": server.now(), "end_time": server.now() + 86_400, "min_cost": 1, "max_cost": 100_000,
    });
    Some(match path {
        "/card/membercard/activate" => an_app(json!({"code": member, "membership_number": "DOORS-MEMBER-2"})),
        "/card/membercard/activate/geturl" => an_app(json!({"card_id": member_card})),
        "/card/membercard/activateuserform/set" => {
            an_app(merged(json!({"card_id": member_card}), member_form()))
        }
        "/card/membercard/activatetempinfo/get" => an_app(json!({"activate_ticket": temp_ticket(world)})),
        "/card/membercard/userinfo/get" => an_app(json!({"card_id": member_card, "code": member})),
        "/card/membercard/updateuser" => {
            an_app(json!({"card_id": member_card, "code": member, "add_bonus": 5}))
        }
        "/card/announcement/send" => an_app(announcement(world)),
        "/card/announcement/update" => {
            let create_time = server.ok("/card/announcement/send", announcement(world))["create_time"].take();
            an_app(json!({"card_id": member_card, "code": member, "create_time": create_time, "close": true}))
        }
        "/card/generalcard/activate" => {
            an_app(json!({"code": gift_card(world), "card_number": "DOORS-GIFT"}))
        }
        "/card/generalcard/unactivate" => an_app(json!({"code": gift_card(world)})),
        "/card/generalcard/updateuser" => an_app(json!({"code": gift_card(world), "add_bonus": 5})),
        "/card/paygiftcard/add" => an_app(rule),
        "/card/paygiftcard/delete" | "/card/paygiftcard/getbyid" => {
            let rule_id = server.ok("/card/paygiftcard/add", rule)["rule_id"].take();
            an_app(json!({"rule_id": rule_id}))
        }
        "/card/paygiftcard/batchget" => caller(json!({"type": "RULE_TYPE_PAY_MEMBER_CARD"})),
        "/card/paygiftmembercard/add" => an_app(older),
        "/card/paygiftmembercard/delete" => {
            server.ok("/card/paygiftmembercard/add", older.clone());
            an_app(older)
        }
        "/card/paygiftmembercard/get" => {
            server.ok("/card/paygiftmembercard/add", older);
            caller(json!({"mchid": "1"}))
        }
        _ => return None,
    })
}

fn announcement(world: &World) -> Value {
    let end_time = world.server.now() + 60;
    json!({"card_id": world.member_card, "code": world.member, "end_time": end_time, "text": "公告"})
}

/// The code of a gift card that is active by itself.
fn gift_card(world: &World) -> String {
    let server = &world.server;
    let own = json!({"supply_bonus": true, "auto_activate": true});
    let base = json!({"use_dynamic_code": true});
    let card_id = server.create(card_with_both("GENERAL_CARD", base, own));
    server.pass(&card_id);
    server.claim(&card_id, HOLDER)
}

/// The ticket of a holder who has filled in the form of a card. After the form, the holder goes on to the merchant's
/// page.
fn temp_ticket(world: &World) -> String {
    let server = &world.server;
    let jump = json!({
        "activate_url": null, "wx_activate": true, "wx_activate_after_submit": true,
        "wx_activate_after_submit_url": "https://shop.example/a",
    });
    let card_id = server.create(card_with_both("MEMBER_CARD", json!({}), jump));
    server.pass(&card_id);
    let body = merged(json!({"card_id": card_id}), member_form());
    server.ok("/card/membercard/activateuserform/set", body);
    let body = merged(json!({"card_id": card_id, "openid": HOLDER}), member_answers());
    let reply = server.ok("/wallet/v1/activate/submit", body);
    let url = reply["url"].as_str().expect("an address");
    plain(url.split_once("activate_ticket=").expect("a ticket").1.split('&').next().unwrap_or_default())
}

fn shops(world: &World, path: &str) -> Option<Call> {
    let server = &world.server;
    let store = |change: Value| {
        let base_info = json!({
            "business_name": "麦当劳", "province": "广东省", "city": "广州市", "address": "艺苑路11号",
            "telephone": "020-12345678", "categories": ["美食,快餐小吃"], "offset_type": 1,
            "longitude": 115.3, "latitude": 25.0,
        });
        json!({"business": {"base_info": merged(base_info, change)}})
    };
    let poi = || server.ok("/cgi-bin/poi/addpoi", store(json!({})))["poi_id"].take();
    let ticket = |card_type: &str| {
        let card_id = server.create(card(card_type));
        server.pass(&card_id);
        server.claim(&card_id, HOLDER)
    };
    let sub_merchant = |merchant_id: Value| {
        let info = json!({
            "brand_name": "分店", "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0", "protocol": server.paper(),
            "end_time": server.now() + 31_536_000, "primary_category_id": 1, "secondary_category_id": 101,
        });
        json!({"info": merged(info, json!({"merchant_id": merchant_id}))})
    };
    Some(match path {
        "/cgi-bin/poi/addpoi" => caller(store(json!({}))),
        "/cgi-bin/poi/getpoi" | "/cgi-bin/poi/delpoi" => an_app(json!({"poi_id": poi()})),
        "/cgi-bin/poi/updatepoi" => {
            an_app(json!({"business": {"base_info": {"poi_id": poi(), "telephone": "020-1"}}}))
        }
        "/card/storewxa/set" => an_app(json!({"poi_id": poi(), "card_id": world.member_card})),
        "/card/storewxa/get" => an_app(json!({"poi_id": poi()})),
        "/cgi-bin/poi/getpoilist" => caller(json!({"begin": 0, "limit": 10})),
        "/cgi-bin/poi/getwxcategory" => public(String::new(), json!({}), 0),
        "/card/meetingticket/updateuser" => an_app(json!({"code": ticket("MEETING_TICKET"), "zone": "C区"})),
        "/card/movieticket/updateuser" => an_app(json!({
            "code": ticket("MOVIE_TICKET"), "ticket_class": "4D", "show_time": 1_773_120_000, "duration": 120,
        })),
        "/card/boardingpass/checkin" => an_app(json!({
            "code": ticket("BOARDING_PASS"), "passenger_name": "王芳", "class": "舱等", "seat": "1A",
            "etkt_bnr": "1", "qrcode_data": "x", "is_cancel": false,
        })),
        "/card/submerchant/submit" => an_app(sub_merchant(Value::Null)),
        "/card/submerchant/get" => an_app(json!({"merchant_id": server.sub_merchant()})),
        "/card/submerchant/batchget" => caller(json!({"begin_id": 0, "limit": 10, "status": "CHECKING"})),
        "/card/submerchant/update" => {
            let merchant_id = server.sub_merchant();
            let refused = json!({"merchant_id": merchant_id, "pass": false, "reason": "资料不全"});
            server.ok("/kaquan/v1/submerchant/review", refused);
            an_app(sub_merchant(json!(merchant_id)))
        }
        "/kaquan/v1/submerchant/review" => {
            an_app(json!({"merchant_id": server.sub_merchant(), "pass": true}))
        }
        _ => return None,
    })
}

fn statistics(world: &World, path: &str) -> Option<Call> {
    let server = &world.server;
    let day = server.date(0);
    if path.starts_with("/datacube/") {
        server.pass_days(1);
        server.close_days();
    }
    let range = json!({"begin_date": day, "end_date": day, "cond_source": 1});
    Some(match path {
        "/datacube/getcardbizuininfo" | "/datacube/getcardcardinfo" | "/datacube/getcardmembercardinfo" => {
            caller(range)
        }
        "/datacube/getcardmembercarddetail" => {
            caller(json!({"begin_date": day, "end_date": day, "card_id": world.member_card}))
        }
        "/kaquan/v1/stats/close" => caller(json!({})),
        _ => return None,
    })
}

fn wallet(world: &World, path: &str) -> Option<Call> {
    let World { coupon, member_card, code, gifting, member, server, .. } = world;
    let held = json!({"code": code, "openid": HOLDER});
    Some(match path {
        "/wallet/v1/claim" => an_app(json!({"card_id": coupon, "openid": HOLDER})),
        "/wallet/v1/dynamic_code" => an_app(json!({"code": gift_card(world), "openid": HOLDER})),
        "/wallet/v1/get" | "/wallet/v1/gift" | "/wallet/v1/delete" => an_app(held),
        "/wallet/v1/view" => an_app(json!({"card_id": coupon, "openid": HOLDER})),
        "/wallet/v1/choose_card" => caller(json!({"openid": HOLDER, "timestamp": "1", "nonce_str": "n"})),
        "/wallet/v1/gift/accept" => an_app(json!({"code": gifting, "openid": STRANGER})),
        "/wallet/v1/gift/cancel" => an_app(json!({"code": gifting, "openid": HOLDER})),
        "/wallet/v1/gift/return" => {
            server.clock.advance(86_400);
            an_app(json!({"code": gifting, "openid": HOLDER}))
        }
        "/wallet/v1/selfconsume" => {
            server.ok("/card/selfconsumecell/set", json!({"card_id": coupon, "is_open": true}));
            an_app(held)
        }
        "/wallet/v1/activate/form" => an_app(json!({"card_id": member_card})),
        "/wallet/v1/activate/submit" => {
            an_app(merged(json!({"card_id": member_card, "openid": STRANGER}), member_answers()))
        }
        "/wallet/v1/pay" => an_app(json!({"code": member, "fee": 900})),
        // Another app has no rule for this merchant, so the payer gets nothing.
        "/wallet/v1/pay_gift" => caller(json!({"openid": HOLDER, "mchid": "1", "fee": 100})),
        _ => return None,
    })
}

fn native(world: &World, path: &str) -> Option<Call> {
    let World { coupon, waiting, server, .. } = world;
    Some(match path {
        "/kaquan/v1/review" => an_app(json!({"card_id": waiting, "pass": true})),
        "/kaquan/v1/claim/get" => {
            let claim = json!({"card_id": coupon, "openid": HOLDER, "request_no": "doors-1"});
            server.ok("/wallet/v1/claim", claim);
            an_app(json!({"request_no": "doors-1"}))
        }
        "/kaquan/v1/callback/set" => caller(json!({"url": world.receiver.url, "token": "token"})),
        "/kaquan/v1/callback/get" | "/kaquan/v1/callback/delete" => caller(json!({})),
        "/kaquan/v1/callback/test" => {
            server.push_to(&world.receiver);
            an_app(json!({}))
        }
        "/kaquan/v1/upstream/set" => caller(json!({"appid": REAL_APPID, "secret": REAL_SECRET})),
        "/kaquan/v1/upstream/get" | "/kaquan/v1/upstream/delete" => caller(json!({})),
        "/kaquan/v1/events/list" => an_app(json!({"code": world.code})),
        "/kaquan/v1/events/get" => an_app(json!({"event_id": world.event()})),
        "/kaquan/v1/events/resend" => {
            server.push_to(&world.receiver);
            an_app(json!({"event_id": world.event()}))
        }
        "/kaquan/v1/events/stream" => caller(json!({})),
        "/kaquan/v1/sign/check" => caller(json!({
            "type": "card_ext", "card_id": coupon, "timestamp": "1404896688", "nonce_str": "123", "signature": "x",
        })),
        "/kaquan/v1/echo" => public(String::new(), json!({"card_id": "p", "openid": "o"}), 0),
        _ => return None,
    })
}
