//! The field table. It has every field of a card once, with its limit, its card types and the effect of an update.
//! The order of the table is the order in the reply of `card/get`.
//!
//! WeChat manual: "创建卡券" (create a card), "管理卡券" (manage cards), "创建会员卡" and "管理会员卡" (member cards). If the pages
//! about cards and about member cards disagree on review, the page about cards is followed.

use super::card_type::{CardType, Types};
use super::field::{Field, Group, Kind, OnCreate, OnUpdate, Page, Part, Place, Unit};
use crate::error::ErrCode;

use CardType::{
    BoardingPass, Cash, Discount, GeneralCard, GeneralCoupon, Gift, Groupon, MeetingTicket, MemberCard,
    MovieTicket, ScenicTicket,
};
use Group::{Activation, Entries, Face, Membership, More, Offer, Window};
use Kind::{Choice, Color, DateInfo, Flag, Int, Limit, List, Locations, Object, OffOnly, Sku};
use OnCreate::{Ignored, Optional, Required, RequiredMayBeBlank};
use OnUpdate::{Free, OnlyOn, Refused, Review, ReviewNotBlank, StaysOn};
use Page::{CreateCard, CreateMemberCard, ManageCard, ManageMemberCard, Tickets};
use Place::{BaseInfo, Section};

/// The longest address of a picture, in bytes. The manual says 128, but addresses of WeChat's own pictures are longer.
pub const PICTURE_MAX: usize = 512;
/// The longest link of a custom entry (`custom_cell*`), in bytes. The manual says 128, but a widely used default is
/// longer.
const CELL_LINK_MAX: usize = 256;
/// The largest stock of a card, and the largest value of `use_limit` and `max_give_friend_times`.
pub const QUANTITY_MAX: i64 = 1_000_000_000;
/// The largest `get_limit`.
pub const GET_LIMIT_MAX: i64 = 100_000_000;
/// The largest number of claims and of consumes of a holder, if the card sets no limit.
pub const DEFAULT_LIMIT: u32 = 50;
/// The largest number of shops of a card.
pub const LOCATIONS_MAX: usize = 10_000;
/// The longest `location_id_list` as text with commas, in bytes.
pub const LOCATIONS_TEXT_MAX: usize = 3072;

const ALL: Types = Types::ALL;
const MEMBER: Types = Types::of(&[MemberCard]);
const MEMBERISH: Types = Types::of(&[MemberCard, GeneralCard]);
const GENERAL: Types = Types::of(&[GeneralCard]);

const fn text(max: usize) -> Kind {
    Kind::Text { max }
}
/// A link to a page, with its largest length in bytes.
const fn link(max: usize) -> Kind {
    Kind::Link { max }
}
/// The address of a picture.
const PICTURE: Kind = link(PICTURE_MAX);
const fn count(max: i64) -> Kind {
    Int { min: 0, max, refusal: ErrCode::InvalidArgs, unit: Unit::Plain }
}
const fn time_of_day(max: i64) -> Kind {
    Int { min: 0, max, refusal: ErrCode::InvalidTimeLimit, unit: Unit::Plain }
}
const fn part(key: &'static str, kind: Kind) -> Part {
    Part { key, kind, required: None }
}

/// A field of `base_info`, for all types. Its group is [`More`] unless the row says otherwise.
const fn base(
    key: &'static str,
    kind: Kind,
    create: OnCreate,
    update: OnUpdate,
    en: &'static str,
    zh: &'static str,
) -> Field {
    let page = match update {
        Refused => CreateCard,
        _ => ManageCard,
    };
    Field { key, place: BaseInfo, group: More, types: ALL, kind, create, update, page, en, zh }
}

/// A field beside `base_info`. Its group is [`Offer`] unless the row says otherwise.
#[allow(clippy::too_many_arguments)]
const fn section_field(
    types: Types,
    page: Page,
    key: &'static str,
    kind: Kind,
    create: OnCreate,
    update: OnUpdate,
    en: &'static str,
    zh: &'static str,
) -> Field {
    Field { key, place: Section, group: Offer, types, kind, create, update, page, en, zh }
}

const STAMP: Kind = Int { min: 0, max: u32::MAX as i64, refusal: ErrCode::InvalidTime, unit: Unit::Time };
const FEN: Kind = Int { min: 0, max: i32::MAX as i64, refusal: ErrCode::InvalidArgs, unit: Unit::Fen };
/// A discount in percent off.
const PERCENT_OFF: Kind = Int { min: 0, max: 100, refusal: ErrCode::InvalidArgs, unit: Unit::PercentOff };
/// Points.
const POINTS: Kind = count(i32::MAX as i64);

/// The values of `sub_card_type`, as in [`SubCardType`](super::general::SubCardType).
const SUB_CARD_TYPE: Kind =
    Choice { of: &["GIFT_CARD", "VOUCHER", "CAMPUS_CARD"], refusal: ErrCode::InvalidArgs };

/// The values of `code_type`. WeChat manual: "创建卡券".
pub const CODE_TYPES: &[&str] = &[
    "CODE_TYPE_TEXT",
    "CODE_TYPE_BARCODE",
    "CODE_TYPE_QRCODE",
    "CODE_TYPE_ONLY_BARCODE",
    "CODE_TYPE_ONLY_QRCODE",
    "CODE_TYPE_NONE",
];
/// The values of `get_custom_code_mode`.
pub const CUSTOM_CODE_MODES: &[&str] = &["GET_CUSTOM_CODE_MODE_DEPOSIT", "GET_CUSTOM_CODE_MODE_REALTIME"];

const SERVICES: Kind = Choice {
    of: &["BIZ_SERVICE_DELIVER", "BIZ_SERVICE_FREE_PARK", "BIZ_SERVICE_WITH_PET", "BIZ_SERVICE_FREE_WIFI"],
    refusal: ErrCode::InvalidArgs,
};
const DAYS: Kind = Choice {
    of: &["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY", "HOLIDAY"],
    refusal: ErrCode::InvalidTimeLimit,
};
const HOUR: Kind = time_of_day(23);
const MINUTE: Kind = time_of_day(59);

/// The documented place of `is_pay_and_qrcode` is `base_info`, but some client libraries send it here.
const PAY_INFO: Kind =
    Object(&[part("swipe_card", Object(&[part("is_swipe_card", Flag), part("is_pay_and_qrcode", Flag)]))]);
const SUB_MERCHANT: Kind =
    Object(&[Part { key: "merchant_id", kind: count(i64::MAX), required: Some(ErrCode::MissingFields) }]);

const USE_CONDITION: Kind = Object(&[
    part("accept_category", text(512)),
    part("reject_category", text(512)),
    part("least_cost", FEN),
    part("object_use_for", text(512)),
    part("can_use_with_other_discount", Flag),
    part("can_use_with_membercard", Flag),
]);
/// The manual allows 24 bytes for the cover text, but cards with much longer texts exist. This limit only prevents
/// abuse.
const ABSTRACT: Kind = Object(&[
    part("abstract", text(512)),
    part("icon_url_list", List { of: &PICTURE, max: 1, refusal: ErrCode::TooManyIcons }),
]);
const TEXT_IMAGE: Kind = Object(&[
    part("image_url", PICTURE),
    Part { key: "text", kind: text(15_000), required: Some(ErrCode::TextImageMissing) },
]);
const TIME_LIMIT: Kind = Object(&[
    Part { key: "type", kind: DAYS, required: Some(ErrCode::InvalidTimeLimit) },
    part("begin_hour", HOUR),
    part("end_hour", HOUR),
    part("begin_minute", MINUTE),
    part("end_minute", MINUTE),
]);
const ADVANCED: Kind = Object(&[
    part("time_limit", List { of: &TIME_LIMIT, max: 100, refusal: ErrCode::InvalidTimeLimit }),
    part("text_image_list", List { of: &TEXT_IMAGE, max: 50, refusal: ErrCode::InvalidArgsSize }),
    part("business_service", List { of: &SERVICES, max: 4, refusal: ErrCode::InvalidArgsSize }),
    part("consume_share_card_list", OffOnly),
    part("consume_share_self_num", OffOnly),
    part("abstract", ABSTRACT),
    part("use_condition", USE_CONDITION),
    part("share_friends", OffOnly),
]);

/// A custom field has one of WeChat's own labels, or a label of the merchant.
const CUSTOM_FIELD: Kind = Object(&[
    part("name_type", Kind::TextOrZero { max: 32 }),
    part("name", text(24)),
    part("url", link(128)),
    part("app_brand_user_name", text(128)),
    part("app_brand_pass", text(128)),
]);
const CUSTOM_CELL: Kind = Object(&[
    part("name", text(15)),
    part("tips", text(18)),
    part("url", link(CELL_LINK_MAX)),
    part("app_brand_user_name", text(128)),
    part("app_brand_pass", text(128)),
]);
const BONUS_RULE: Kind = Object(&[
    part("cost_money_unit", FEN),
    part("increase_bonus", POINTS),
    part("max_increase_bonus", POINTS),
    part("init_increase_bonus", POINTS),
    part("cost_bonus_unit", POINTS),
    part("reduce_money", FEN),
    part("least_money_to_use_bonus", FEN),
    part("max_reduce_bonus", POINTS),
]);
const MSG_OPERATION: Kind = Object(&[
    part(
        "url_cell",
        Object(&[
            part("card_id_list", List { of: &text(32), max: 5, refusal: ErrCode::TooManyMsgCards }),
            part("end_time", STAMP),
            part("text", text(128)),
            part("url", link(128)),
            part("app_brand_id", text(128)),
            part("app_brand_pass", text(128)),
        ]),
    ),
    part("card_cell", Object(&[part("card_id", text(32)), part("end_time", STAMP)])),
]);

/// Every field of every card type.
#[rustfmt::skip]
pub const FIELDS: &[Field] = &[
    base("id", text(32), Ignored, Refused, "card id, in replies only", "卡券 ID，仅返回"),
    base("logo_url", PICTURE, Required, ReviewNotBlank, "logo picture", "商户 logo").within(Face),
    base("code_type", Choice { of: CODE_TYPES, refusal: ErrCode::InvalidLocationId }, Required, Free, "how the code is shown", "码的展示类型").within(Face),
    base("brand_name", text(36), Required, Refused, "merchant's name", "商户名字").within(Face),
    Field { group: Face, page: ManageMemberCard, ..base("title", text(27), Required, ReviewNotBlank, "name of the card", "卡券名") },
    base("sub_title", text(54), Optional, Refused, "second line of the name", "副标题").within(Face),
    base("date_info", DateInfo, Required, Free, "when codes can be used; a range only widens", "使用日期；有效期只能扩大").within(Window),
    base("color", Color, Required, ReviewNotBlank, "colour of the card", "卡券颜色").within(Face),
    base("notice", text(48), Required, Review, "what to do at the till", "使用提醒").within(Face),
    base("service_phone", text(24), Optional, Free, "customer service", "客服电话").within(Face),
    base("description", text(3072), RequiredMayBeBlank, Review, "terms of use", "使用说明").within(Face),
    base("source", text(36), Optional, Refused, "name of a third party as source", "第三方来源名").within(Face),
    base("location_id_list", Locations, Optional, Free, "shops where it can be used", "适用门店"),
    base("use_all_locations", Flag, Optional, Free, "valid in every shop; replaces the list", "全部门店可用"),
    base("get_limit", Limit { max: GET_LIMIT_MAX, refusal: ErrCode::InvalidGetLimit }, Optional, Free, "claims per holder, 50 by default; of a general card without limit by default", "每人可领数量，默认 50；礼品卡默认不限").within(Window),
    base("use_limit", Limit { max: QUANTITY_MAX, refusal: ErrCode::InvalidArgs }, Optional, Free, "consumes per holder, 50 by default; of a general card without limit by default", "每人可核销数量，默认 50；礼品卡默认不限").within(Window),
    base("can_share", Flag, Optional, Free, "whether the claim page can be shared", "领取页是否可分享"),
    base("can_give_friend", Flag, Optional, Free, "whether a code can be given away", "是否可转赠"),
    base("use_custom_code", Flag, Optional, Refused, "the merchant chooses the codes", "是否自定义 code"),
    base("get_custom_code_mode", Choice { of: CUSTOM_CODE_MODES, refusal: ErrCode::InvalidArgs }, Optional, Refused, "whether codes are imported before claims", "导入 code 模式"),
    base("bind_openid", Flag, Optional, Refused, "only the named holder may claim", "是否指定用户领取"),
    base("status", text(64), Ignored, Refused, "review status, in replies only", "卡券状态，仅返回"),
    base("sku", Sku, Required, Refused, "stock; changed by modifystock", "库存；用 modifystock 修改").within(Window),
    base("create_time", STAMP, Ignored, Refused, "time of creation, in replies only", "创建时间，仅返回"),
    base("update_time", STAMP, Ignored, Refused, "time of the last change, in replies only", "更新时间，仅返回"),
    base("custom_url_name", text(16), Optional, Free, "first entry: name", "自定义入口名称").within(Entries),
    base("custom_url", link(128), Optional, Free, "first entry: address", "自定义入口链接").within(Entries),
    base("custom_url_sub_title", text(18), Optional, Free, "first entry: hint", "自定义入口提示语").within(Entries),
    base("custom_app_brand_user_name", text(128), Optional, Free, "first entry: mini program", "自定义入口小程序").within(Entries),
    base("custom_app_brand_pass", text(128), Optional, Free, "first entry: mini program page", "自定义入口小程序路径").within(Entries),
    base("promotion_url", link(128), Optional, Free, "second entry: address", "营销入口链接").within(Entries),
    base("promotion_url_name", text(16), Optional, Free, "second entry: name", "营销入口名称").within(Entries),
    base("promotion_url_sub_title", text(18), Optional, Free, "second entry: hint", "营销入口提示语").within(Entries),
    base("promotion_app_brand_user_name", text(128), Optional, Free, "second entry: mini program", "营销入口小程序").within(Entries),
    base("promotion_app_brand_pass", text(128), Optional, Free, "second entry: mini program page", "营销入口小程序路径").within(Entries),
    base("center_title", text(18), Optional, Free, "centre button: name", "居中按钮名称").within(Entries),
    base("center_sub_title", text(24), Optional, Free, "centre button: hint", "居中按钮提示语").within(Entries),
    base("center_url", link(128), Optional, Free, "centre button: address", "居中按钮链接").within(Entries),
    base("center_app_brand_user_name", text(128), Optional, Free, "centre button: mini program", "居中按钮小程序").within(Entries),
    base("center_app_brand_pass", text(128), Optional, Free, "centre button: mini program page", "居中按钮小程序路径").within(Entries),
    base("sub_merchant_info", SUB_MERCHANT, Optional, Refused, "sub-merchant the card belongs to", "子商户信息"),
    base("need_push_on_view", Flag, Optional, Free, "push an event when the card is opened", "打开卡券时推送事件"),
    Field { types: MEMBERISH, page: ManageMemberCard, ..base("pay_info", PAY_INFO, Optional, Free, "pay code on the card", "刷卡支付入口") },
    Field { page: ManageMemberCard, ..base("is_pay_and_qrcode", Flag, Optional, Free, "pay code together with the QR code", "支付与二维码合并") },
    Field { page: CreateMemberCard, ..base("use_dynamic_code", Flag, Optional, Free, "codes at the till that change over time; of member cards and general cards", "动态码；仅会员卡与礼品卡有效") },
    base("url_name_type", text(64), Ignored, Refused, "predecessor of custom_url_name", "旧版入口类型"),
    Field { types: GENERAL, ..base("giftcard_info", Object(&[part("price", FEN)]), Optional, Refused, "price of a gift card", "礼品卡价格") },
    Field { types: GENERAL, ..base("max_give_friend_times", count(QUANTITY_MAX), Optional, Refused, "how often a code can be given away", "最多转赠次数") },
    base("appid", text(64), Ignored, Refused, "app id, in replies only", "appid，仅返回"),
    base("area_code_list", List { of: &text(32), max: LOCATIONS_MAX, refusal: ErrCode::InvalidArgsSize }, Ignored, Refused, "in replies only, always empty", "仅返回，恒为空"),

    section_field(Types::of(&[Groupon]), CreateCard, "deal_detail", text(3072), Required, Refused, "content of the group purchase", "团购详情"),
    section_field(Types::of(&[Cash]), CreateCard, "least_cost", FEN, Optional, Refused, "minimum purchase", "起用金额"),
    section_field(Types::of(&[Cash]), CreateCard, "reduce_cost", FEN, Required, Refused, "amount off", "减免金额"),
    section_field(Types::of(&[Discount]), CreateCard, "discount", PERCENT_OFF, Required, Refused, "percent off", "打折额度；减免的百分比"),
    section_field(Types::of(&[Gift]), CreateCard, "gift", text(3072), Required, Refused, "content of the gift", "兑换内容"),
    section_field(Types::of(&[Gift]), CreateCard, "gift_name", text(18), Optional, Refused, "name of the gift", "礼品名称"),
    section_field(Types::of(&[Gift]), CreateCard, "gift_num", count(999), Optional, Refused, "number of gifts", "礼品数量"),
    section_field(Types::of(&[Gift]), CreateCard, "gift_unit", text(6), Optional, Refused, "unit of the gift", "礼品单位"),
    section_field(Types::of(&[GeneralCoupon]), CreateCard, "default_detail", text(3072), Required, Refused, "benefit of the coupon", "优惠详情"),

    section_field(Types::of(&[MeetingTicket]), Tickets, "meeting_detail", text(3072), Required, Refused, "details of the conference", "会议详情"),
    section_field(Types::of(&[MeetingTicket]), ManageCard, "map_url", link(128), Optional, Free, "map of the venue", "会场导览图"),
    section_field(Types::of(&[ScenicTicket]), Tickets, "ticket_class", text(3072), Optional, Refused, "kind of ticket", "票类型"),
    section_field(Types::of(&[ScenicTicket]), ManageCard, "guide_url", link(128), Optional, Free, "map of the site", "导览图"),
    section_field(Types::of(&[MovieTicket]), ManageCard, "detail", text(3072), Optional, Review, "details of the film", "电影票详情"),
    section_field(Types::of(&[BoardingPass]), Tickets, "from", text(54), Required, Refused, "place of departure", "起点"),
    section_field(Types::of(&[BoardingPass]), Tickets, "to", text(54), Required, Refused, "destination", "终点"),
    section_field(Types::of(&[BoardingPass]), Tickets, "flight", text(24), Required, Refused, "flight number", "航班"),
    section_field(Types::of(&[BoardingPass]), ManageCard, "departure_time", STAMP, Optional, Free, "departure", "起飞时间"),
    section_field(Types::of(&[BoardingPass]), ManageCard, "landing_time", STAMP, Optional, Free, "landing", "降落时间"),
    section_field(Types::of(&[BoardingPass]), Tickets, "air_model", text(24), Optional, Refused, "aircraft", "机型"),
    section_field(Types::of(&[BoardingPass]), ManageCard, "gate", text(12), Optional, Free, "gate", "登机口"),
    section_field(Types::of(&[BoardingPass]), ManageCard, "boarding_time", STAMP, Optional, Free, "boarding", "登机时间"),
    section_field(Types::of(&[BoardingPass]), Tickets, "check_in_url", link(128), Optional, Refused, "online check-in", "在线值机链接"),

    section_field(GENERAL, CreateCard, "sub_card_type", SUB_CARD_TYPE, Required, Refused, "kind of general card", "卡类型"),
    section_field(MEMBERISH, ManageMemberCard, "background_pic_url", PICTURE, Optional, Free, "background picture", "背景图"),
    section_field(MEMBERISH, ManageMemberCard, "supply_bonus", Flag, Optional, OnlyOn, "points are shown", "显示积分").within(Membership),
    section_field(MEMBER, ManageMemberCard, "bonus_url", link(128), Optional, Free, "page of the points", "积分查看链接").within(Membership),
    section_field(MEMBER, ManageMemberCard, "bonus_app_brand_user_name", text(128), Optional, Free, "points: mini program", "积分小程序").within(Membership),
    section_field(MEMBER, ManageMemberCard, "bonus_app_brand_pass", text(128), Optional, Free, "points: mini program page", "积分小程序路径").within(Membership),
    section_field(MEMBERISH, ManageMemberCard, "supply_balance", Flag, Optional, OnlyOn, "balance is shown", "显示储值").within(Membership),
    section_field(GENERAL, CreateCard, "init_bonus", POINTS, Optional, Refused, "points at the start", "初始积分").within(Membership),
    section_field(GENERAL, CreateCard, "init_balance", FEN, Optional, Refused, "balance at the start", "初始余额").within(Membership),
    section_field(MEMBER, ManageMemberCard, "balance_url", link(128), Optional, Free, "page of the balance", "余额查看链接").within(Membership),
    section_field(MEMBER, ManageMemberCard, "balance_app_brand_user_name", text(128), Optional, Free, "balance: mini program", "余额小程序").within(Membership),
    section_field(MEMBER, ManageMemberCard, "balance_app_brand_pass", text(128), Optional, Free, "balance: mini program page", "余额小程序路径").within(Membership),
    section_field(MEMBER, ManageCard, "bonus_cleared", text(3072), Optional, Review, "when points are cleared", "积分清零规则").within(Membership),
    section_field(MEMBER, ManageCard, "bonus_rules", text(3072), Optional, Review, "how points are earned", "积分规则").within(Membership),
    section_field(MEMBER, ManageCard, "balance_rules", text(3072), Optional, Review, "how the balance is used", "储值说明").within(Membership),
    section_field(MEMBER, ManageCard, "prerogative", text(3072), Required, Review, "benefits of members", "会员卡特权说明"),
    section_field(GENERAL, CreateCard, "prerogative", text(3072), Optional, Review, "benefits of the card", "特权说明"),
    section_field(MEMBERISH, ManageMemberCard, "activate_url", link(128), Optional, Free, "merchant's activation page", "激活链接").within(Activation),
    section_field(MEMBER, ManageMemberCard, "activate_app_brand_user_name", text(128), Optional, Free, "activation: mini program", "激活小程序").within(Activation),
    section_field(MEMBER, ManageMemberCard, "activate_app_brand_pass", text(128), Optional, Free, "activation: mini program page", "激活小程序路径").within(Activation),
    section_field(MEMBER, CreateMemberCard, "bind_old_card_url", link(128), Optional, Refused, "page on which existing members bind their card", "老会员绑定链接"),
    section_field(MEMBERISH, ManageCard, "custom_field1", CUSTOM_FIELD, Optional, Free, "first custom field", "自定义会员信息类目一").within(Membership),
    section_field(MEMBERISH, ManageCard, "custom_field2", CUSTOM_FIELD, Optional, Free, "second custom field", "自定义会员信息类目二").within(Membership),
    section_field(MEMBERISH, ManageCard, "custom_field3", CUSTOM_FIELD, Optional, Free, "third custom field", "自定义会员信息类目三").within(Membership),
    section_field(MEMBERISH, ManageCard, "custom_cell1", CUSTOM_CELL, Optional, Free, "first custom entry", "自定义入口一").within(Membership),
    section_field(MEMBERISH, ManageMemberCard, "custom_cell2", CUSTOM_CELL, Optional, Free, "second custom entry", "自定义入口二").within(Membership),
    section_field(MEMBERISH, ManageMemberCard, "custom_cell3", CUSTOM_CELL, Optional, Free, "third custom entry", "自定义入口三").within(Membership),
    section_field(MEMBER, ManageMemberCard, "bonus_rule", BONUS_RULE, Optional, Free, "rule for earning and spending points", "积分规则结构").within(Membership),
    section_field(MEMBER, ManageMemberCard, "discount", PERCENT_OFF, Optional, Review, "percent off for members", "会员折扣"),
    section_field(MEMBERISH, ManageMemberCard, "auto_activate", Flag, Optional, StaysOn, "members are active at the claim", "自动激活").within(Activation),
    section_field(MEMBER, ManageMemberCard, "wx_activate", Flag, Optional, Free, "one-tap activation", "一键激活").within(Activation),
    section_field(MEMBER, ManageMemberCard, "wx_activate_after_submit", Flag, Optional, Free, "the form leads on to the merchant's page", "跳转型一键激活").within(Activation),
    section_field(MEMBER, ManageMemberCard, "wx_activate_after_submit_url", link(128), Optional, Free, "merchant's page after the form", "跳转型一键激活链接").within(Activation),
    section_field(MEMBER, ManageMemberCard, "modify_msg_operation", MSG_OPERATION, Optional, Free, "link in messages about points", "积分变动消息入口"),
    section_field(MEMBER, ManageMemberCard, "activate_msg_operation", MSG_OPERATION, Optional, Free, "link in the activation message", "激活消息入口").within(Activation),
    section_field(ALL, CreateCard, "advanced_info", ADVANCED, Optional, Refused, "conditions, cover, pictures, services", "高级字段").within(More),
];

/// Fields that some client libraries send at the wrong place: in `base_info` instead of beside it, or the reverse.
const ELSEWHERE: &[&str] =
    &["need_push_on_view", "activate_app_brand_user_name", "activate_app_brand_pass", "modify_msg_operation"];

/// The field with this key at the other place than `given`. Only for fields that clients send at the wrong place.
pub fn find_elsewhere(card_type: CardType, given: Place, key: &str) -> Option<&'static Field> {
    let place = match given {
        BaseInfo => Section,
        Section => BaseInfo,
    };
    find(card_type, place, key).filter(|field| ELSEWHERE.contains(&field.key))
}

/// The field with this key at this place of a card of this type.
pub fn find(card_type: CardType, place: Place, key: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.key == key && field.place == place && field.belongs_to(card_type))
}

/// The fields of a card type at one place, in the order of replies.
pub fn fields_of(card_type: CardType, place: Place) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.place == place && field.belongs_to(card_type))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_card_type_has_two_fields_of_one_name_at_one_place() {
        for &card_type in CardType::ALL {
            for place in [BaseInfo, Section] {
                let mut seen = HashSet::new();
                for field in fields_of(card_type, place) {
                    assert!(seen.insert(field.key), "{card_type} has two {}", field.path());
                }
            }
        }
    }

    #[test]
    fn a_field_that_cannot_be_given_at_creation_cannot_be_updated() {
        for field in FIELDS.iter().filter(|field| field.create == Ignored) {
            assert_eq!(field.update, Refused, "{}", field.path());
        }
    }
}
