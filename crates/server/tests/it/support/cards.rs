//! Cards for requests: one of each type with only the fields that the manual requires, and functions that add fields.
//! Also the calls with which nearly every test begins.

use super::limits::sample;
use super::{NOON, TestServer, Value, json};
use kaquan_core::card::Field;
use kaquan_core::code::CodeCipher;
use kaquan_core::engine::RecordKind;
use kaquan_core::time::DAY_SECS;

/// Every card type with the required fields beside `base_info`.
pub fn required(card_type: &str) -> Value {
    match card_type {
        "GROUPON" => json!({"deal_detail": "双人套餐\n- 进口红酒一支。\n孜然牛肉一份。"}),
        "CASH" => json!({"least_cost": 10_000, "reduce_cost": 1_000}),
        "DISCOUNT" => json!({"discount": 30}),
        "GIFT" => json!({"gift": "可兑换音乐木盒一个。"}),
        "GENERAL_COUPON" => json!({"default_detail": "优惠券专用，填写优惠详情"}),
        "MEMBER_CARD" => json!({
            "supply_bonus": true, "supply_balance": false, "prerogative": "会员享九折",
            "activate_url": "https://shop.example/activate",
        }),
        "SCENIC_TICKET" | "MOVIE_TICKET" | "BUS_TICKET" => json!({}),
        "GENERAL_CARD" => json!({"sub_card_type": "GIFT_CARD"}),
        "BOARDING_PASS" => json!({"from": "成都", "to": "广州", "flight": "CA1234"}),
        "MEETING_TICKET" => json!({"meeting_detail": "会议室 305"}),
        other => panic!("{other} is no card type"),
    }
}

/// Every card type, written here and not asked from the server.
pub const CARD_TYPES: &[&str] = &[
    "GROUPON",
    "CASH",
    "DISCOUNT",
    "GIFT",
    "GENERAL_COUPON",
    "MEMBER_CARD",
    "SCENIC_TICKET",
    "MOVIE_TICKET",
    "BOARDING_PASS",
    "MEETING_TICKET",
    "BUS_TICKET",
    "GENERAL_CARD",
];

/// The key of a card's fields.
pub fn key_of(card_type: &str) -> String {
    card_type.to_lowercase()
}

/// The required fields of `base_info`: valid from a day ago, for 30 days.
pub fn base_info() -> Value {
    json!({
        "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0",
        "code_type": "CODE_TYPE_TEXT",
        "brand_name": "海底捞",
        "title": "132元双人火锅",
        "color": "Color010",
        "notice": "使用时向服务员出示此券",
        "description": "不可与其他优惠同享\n如需团购券发票，请在消费时向商户提出",
        "date_info": {
            "type": "DATE_TYPE_FIX_TIME_RANGE",
            "begin_timestamp": NOON.0 - DAY_SECS,
            "end_timestamp": NOON.0 + 30 * DAY_SECS,
        },
        "sku": {"quantity": 1_000},
    })
}

/// The value of `card` for this type.
pub fn card(card_type: &str) -> Value {
    card_with(card_type, json!({}))
}

/// As [`card`], with these fields of `base_info` added or replaced.
pub fn card_with(card_type: &str, base: Value) -> Value {
    card_with_both(card_type, base, json!({}))
}

/// As [`card_with`], with these fields beside `base_info` added or replaced. `null` removes a field.
pub fn card_with_both(card_type: &str, base: Value, beside: Value) -> Value {
    let mut section = json!({"base_info": merged(base_info(), base)});
    section = merged(merged(section, required(card_type)), beside);
    json!({"card_type": card_type, key_of(card_type): section})
}

/// `target` with the members of `patch` added or replaced. `null` removes a member.
pub fn merged(mut target: Value, patch: Value) -> Value {
    for (key, value) in patch.as_object().expect("an object") {
        let object = target.as_object_mut().expect("an object");
        match value.is_null() {
            true => drop(object.shift_remove(key)),
            false => drop(object.insert(key.clone(), value.clone())),
        }
    }
    target
}

/// A form with a required phone number and a required choice. A birthday and the name of a film are optional and can
/// be changed later.
pub fn member_form() -> Value {
    json!({
        "service_statement": {"name": "会员守则", "url": "https://www.qq.com"},
        "bind_old_card": {"name": "老会员绑定", "url": "https://www.qq.com"},
        "required_form": {
            "can_modify": false,
            "rich_field_list": [
                {"type": "FORM_FIELD_CHECK_BOX", "name": "职业", "values": ["赛车手", "旅行家"]},
            ],
            "common_field_id_list": ["USER_FORM_INFO_FLAG_MOBILE"],
        },
        "optional_form": {
            "can_modify": true,
            "common_field_id_list": ["USER_FORM_INFO_FLAG_BIRTHDAY", "USER_FORM_INFO_FLAG_SEX"],
            "custom_field_list": ["喜欢的电影"],
        },
    })
}

/// Answers to [`member_form`].
pub fn member_answers() -> Value {
    json!({
        "common_field_list": [
            {"name": "USER_FORM_INFO_FLAG_MOBILE", "value": "15521328888"},
            {"name": "USER_FORM_INFO_FLAG_BIRTHDAY", "value": "2015-4-30"},
        ],
        "custom_field_list": [
            {"name": "职业", "value_list": ["赛车手", "旅行家"]},
            {"name": "喜欢的电影", "value": "花样年华"},
        ],
    })
}

impl TestServer {
    /// The stored ticket data of a system code; `null` if there are none.
    pub fn ticket_info(&self, code: &str) -> Value {
        let row = self.store.app_by_appid(&self.app.appid).expect("a store").expect("an app");
        let seq = CodeCipher::new(&row.code_key).and_then(|cipher| cipher.seq(code)).expect("a system code");
        let records = self.store.records(self.app.id, RecordKind::TicketInfo).expect("records");
        let record = records.into_iter().find(|(key, _)| key.no == seq.0);
        record.map_or(Value::Null, |(_, record)| serde_json::from_str(&record.body).expect("JSON"))
    }

    /// Uploads a temporary image, and returns its `media_id`.
    pub fn paper(&self) -> String {
        let form = "--b\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.gif\"\r\n\r\nGIF89a\r\n--b--\r\n";
        let target = format!("/cgi-bin/media/upload?type=image&access_token={}", self.token());
        let headers = [("content-type", "multipart/form-data; boundary=b")];
        let reply = self.send("POST", &target, &headers, form.as_bytes()).json();
        reply["media_id"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    /// Submits a sub-merchant, which is approved at once unless the app reviews manually. Returns its number.
    pub fn sub_merchant(&self) -> i64 {
        let info = json!({
            "brand_name": "分店", "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0", "protocol": self.paper(),
            "end_time": self.now() + 365 * DAY_SECS, "primary_category_id": 1, "secondary_category_id": 101,
        });
        let reply = self.ok("/card/submerchant/submit", json!({"info": info}));
        reply["info"]["merchant_id"].as_i64().expect("a number")
    }

    /// A value of this field that can be stored here: for a sub-merchant, the number of an existing one.
    pub fn sample(&self, field: &Field) -> Value {
        match field.key {
            "sub_merchant_info" => json!({"merchant_id": self.sub_merchant()}),
            _ => sample(&field.kind),
        }
    }

    /// Creates a card and returns its id.
    pub fn create(&self, card: Value) -> String {
        let reply = self.ok("/card/create", json!({"card": card}));
        reply["card_id"].as_str().expect("a card id").to_owned()
    }

    /// The value of `card` in the answer of `card/get`.
    pub fn card(&self, card_id: &str) -> Value {
        self.ok("/card/get", json!({"card_id": card_id}))["card"].take()
    }

    /// The object under the card's type key.
    pub fn section(&self, card_id: &str) -> Value {
        let mut card = self.card(card_id);
        let key = key_of(card["card_type"].as_str().expect("a type"));
        card[key].take()
    }

    /// `base_info` of a card.
    pub fn base_info(&self, card_id: &str) -> Value {
        self.section(card_id)["base_info"].take()
    }

    /// The review status of a card.
    pub fn status(&self, card_id: &str) -> String {
        self.base_info(card_id)["status"].as_str().expect("a status").to_owned()
    }

    /// The stock that is left, and all stock that was ever added.
    pub fn stock(&self, card_id: &str) -> (i64, i64) {
        let sku = self.base_info(card_id)["sku"].take();
        let number = |key: &str| sku[key].as_i64().expect("a number");
        (number("quantity"), number("total_quantity"))
    }

    /// A holder claims a card. Returns the code.
    pub fn claim(&self, card_id: &str, openid: &str) -> String {
        let reply = self.ok("/wallet/v1/claim", json!({"card_id": card_id, "openid": openid}));
        reply["code"].as_str().expect("a code").to_owned()
    }

    /// A holder claims a card that has custom codes.
    pub fn claim_code(&self, card_id: &str, openid: &str, code: &str) {
        let body = json!({"card_id": card_id, "openid": openid, "code": code});
        assert_eq!(self.ok("/wallet/v1/claim", body)["code"], code);
    }

    /// Consumes a system code.
    pub fn consume(&self, code: &str) {
        self.ok("/card/code/consume", json!({"code": code}));
    }

    /// The card of a system code.
    pub fn code_card(&self, code: &str) -> String {
        let got = self.ok("/card/code/get", json!({"code": code, "check_consume": false}));
        got["card"]["card_id"].as_str().expect("a card id").to_owned()
    }

    /// The state of a system code, and whether it can be consumed.
    pub fn state(&self, code: &str) -> (String, bool) {
        let reply = self.ok("/card/code/get", json!({"code": code, "check_consume": false}));
        let state = reply["user_card_status"].as_str().expect("a state").to_owned();
        (state, reply["can_consume"].as_bool().expect("a flag"))
    }

    /// A holder gives a code to a friend, who accepts it. Returns the friend's code.
    pub fn give(&self, code: &str, from: &str, to: &str) -> String {
        self.ok("/wallet/v1/gift", json!({"code": code, "openid": from, "friend_openid": to}));
        let reply = self.ok("/wallet/v1/gift/accept", json!({"code": code, "openid": to}));
        reply["code"].as_str().expect("a code").to_owned()
    }

    /// Approves a card that waits for review.
    pub fn pass(&self, card_id: &str) {
        self.ok("/kaquan/v1/review", json!({"card_id": card_id, "pass": true}));
    }

    /// A card with custom codes, which holders send with their claims.
    pub fn create_custom(&self) -> String {
        self.create(card_with("GROUPON", json!({"use_custom_code": true})))
    }

    /// A card that issues imported codes, with these codes imported and in stock.
    pub fn create_deposit(&self, codes: &[&str]) -> String {
        let id = self.create(card_with(
            "GROUPON",
            json!({
                "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT",
                "sku": {"quantity": 0},
            }),
        ));
        if !codes.is_empty() {
            self.ok("/card/code/deposit", json!({"card_id": id, "code": codes}));
            let stock = json!({"card_id": id, "increase_stock_value": codes.len()});
            self.ok("/card/modifystock", stock);
        }
        id
    }

    /// A member card that becomes active with this form, with these fields beside `base_info`.
    pub fn create_with_form(&self, beside: Value, form: Value) -> String {
        let by_form = json!({"activate_url": null, "wx_activate": true});
        let id = self.create(card_with_both("MEMBER_CARD", json!({}), merged(by_form, beside)));
        let body = merged(json!({"card_id": id}), form);
        self.ok("/card/membercard/activateuserform/set", body);
        id
    }

    /// Updates these fields in the `base_info` of a card. Returns `send_check`.
    pub fn update_base(&self, card_id: &str, card_type: &str, base: Value) -> bool {
        let body = json!({"card_id": card_id, key_of(card_type): {"base_info": base}});
        self.ok("/card/update", body)["send_check"].as_bool().expect("a flag")
    }

    /// Adds a store with this branch, and returns its number.
    pub fn add_store(&self, branch: &str) -> i64 {
        let base_info = json!({
            "business_name": "麦当劳", "branch_name": branch, "province": "广东省", "city": "广州市",
            "address": "艺苑路11号", "telephone": "020-12345678", "categories": ["美食,快餐小吃"], "offset_type": 1,
            "longitude": 115.32375, "latitude": 25.097486,
        });
        let reply = self.ok("/cgi-bin/poi/addpoi", json!({"business": {"base_info": base_info}}));
        reply["poi_id"].as_str().expect("a number as text").parse().expect("a number")
    }
}
