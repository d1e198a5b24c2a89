//! The words of the card form for the values and members that the API names with its own words. Each is written in both
//! languages.

use crate::pages::Lang;
use crate::pages::card_details::word;
use kaquan_core::card::CardType;

/// The words for a value that can be chosen. A value without words is shown as it is.
pub fn choice(lang: Lang, value: &'static str) -> &'static str {
    let (en, zh) = match value {
        "CODE_TYPE_TEXT" => ("Digits only", "仅显示数字"),
        "CODE_TYPE_BARCODE" => ("Barcode and digits", "条形码与数字"),
        "CODE_TYPE_QRCODE" => ("QR code and digits", "二维码与数字"),
        "CODE_TYPE_ONLY_BARCODE" => ("Barcode only", "仅条形码"),
        "CODE_TYPE_ONLY_QRCODE" => ("QR code only", "仅二维码"),
        "CODE_TYPE_NONE" => ("No code is shown", "不显示码"),
        "DATE_TYPE_FIX_TIME_RANGE" => ("From a date to a date", "固定日期"),
        "DATE_TYPE_FIX_TERM" => ("Some days from the claim", "领取后若干天"),
        "DATE_TYPE_PERMANENT" => ("Without an end", "永久有效"),
        "GET_CUSTOM_CODE_MODE_DEPOSIT" => ("Codes are imported before claims", "预先导入卡券码"),
        "GET_CUSTOM_CODE_MODE_REALTIME" => ("Each claim brings its code", "领取时由商家系统给码"),
        "GIFT_CARD" => ("Gift card with a balance", "储值礼品卡"),
        "VOUCHER" => ("Exchange card for one item", "兑换卡"),
        "CAMPUS_CARD" => ("Campus card", "校园卡"),
        _ => return word(lang, value).unwrap_or(value),
    };
    lang.pick(en, zh)
}

/// The words for a member of an object.
pub fn member(lang: Lang, key: &'static str) -> &'static str {
    let (en, zh) = match key {
        "time_limit" => ("Days and hours", "可用时段"),
        "type" => ("Day", "日期"),
        "begin_hour" => ("From, hour", "开始（时）"),
        "begin_minute" => ("From, minute", "开始（分）"),
        "end_hour" => ("Until, hour", "结束（时）"),
        "end_minute" => ("Until, minute", "结束（分）"),
        "text_image_list" => ("Pictures with text", "图文介绍"),
        "image_url" => ("Address of the picture", "图片地址"),
        "text" => ("Text", "文字"),
        "business_service" => ("Services of the merchant", "商家服务"),
        "abstract" => ("Cover", "封面"),
        "icon_url_list" => ("Address of the cover picture", "封面图片地址"),
        "use_condition" => ("Conditions", "使用条件"),
        "accept_category" => ("Valid for", "适用范围"),
        "reject_category" => ("Not valid for", "不适用范围"),
        "least_cost" => ("Minimum purchase", "最低消费"),
        "object_use_for" => ("With the purchase of", "购买指定商品可用"),
        "can_use_with_other_discount" => ("Together with other offers", "可与其他优惠同享"),
        "can_use_with_membercard" => ("Together with the member card", "可与会员卡同享"),
        "swipe_card" => ("Payment with the card", "刷卡支付"),
        "is_swipe_card" => ("Pay with the card", "支持刷卡支付"),
        "is_pay_and_qrcode" => ("Payment and QR code together", "支付与二维码合并"),
        "merchant_id" => ("Number of the sub-merchant", "子商户编号"),
        "name_type" => ("Kind of field", "信息类型"),
        "name" => ("Name", "名称"),
        "url" => ("Link", "链接"),
        "tips" => ("Hint", "提示语"),
        "app_brand_user_name" => ("Mini program", "小程序"),
        "app_brand_pass" => ("Page of the mini program", "小程序路径"),
        "cost_money_unit" => ("Points are given for each", "每消费金额"),
        "increase_bonus" => ("Points given for it", "赠送积分"),
        "max_increase_bonus" => ("Most points of one purchase", "单次赠送上限"),
        "init_increase_bonus" => ("Points at the activation", "激活赠送积分"),
        "cost_bonus_unit" => ("Points of one deduction", "每次抵扣所用积分"),
        "reduce_money" => ("Amount deducted for them", "抵扣金额"),
        "least_money_to_use_bonus" => ("Minimum purchase for a deduction", "抵扣所需最低消费"),
        "max_reduce_bonus" => ("Most points of one deduction", "单次抵扣积分上限"),
        "url_cell" => ("Link entry", "链接入口"),
        "card_cell" => ("Card entry", "卡券入口"),
        "card_id_list" => ("Card ids", "卡券 ID"),
        "card_id" => ("Card id", "卡券 ID"),
        "app_brand_id" => ("Mini program", "小程序"),
        "end_time" => ("End (UTC+8)", "结束时间（北京时间）"),
        "price" => ("Price", "价格"),
        _ => (key, key),
    };
    lang.pick(en, zh)
}

/// What a kind of card is for, in one sentence.
pub fn purpose(lang: Lang, card_type: CardType) -> &'static str {
    let (en, zh) = match card_type {
        CardType::Discount => ("A part of the price off, such as 20 percent.", "按折扣优惠，如 8 折。"),
        CardType::Cash => {
            ("An amount off a purchase, such as ¥20 off ¥100.", "抵扣金额，如满 100 元减 20 元。")
        }
        CardType::Gift => ("Exchanged for a product or a service.", "兑换商品或服务。"),
        CardType::GeneralCoupon => ("Any other offer, in your own words.", "其他优惠，内容自拟。"),
        CardType::Groupon => ("A package that was bought in advance.", "已购套餐，到店使用。"),
        CardType::MemberCard => {
            ("Membership with points, balance and levels.", "会员权益、积分、储值与等级。")
        }
        CardType::GeneralCard => {
            ("A card with a balance to give away and spend.", "可转赠、可多次消费的储值卡。")
        }
        CardType::ScenicTicket => ("Admission to a park or a sight.", "景区入园凭证。"),
        CardType::MovieTicket => ("Admission to a film.", "电影入场凭证。"),
        CardType::BoardingPass => ("A flight with check-in, gate and seat.", "航班值机、登机口与座位。"),
        CardType::MeetingTicket => ("Admission to a conference or an event.", "会议与活动入场凭证。"),
        CardType::BusTicket => ("A seat on a bus.", "汽车乘车凭证。"),
    };
    lang.pick(en, zh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::cards::form::{Purpose, fields};
    use kaquan_core::card::{Kind, Part};

    /// Values and members without words, with the path of their field.
    fn bare(kind: &Kind, path: &str, found: &mut Vec<String>) {
        let no_words =
            |value: &'static str, en, zh| (value == en || value == zh).then(|| format!("{path}: {value}"));
        match kind {
            Kind::Choice { of, .. } => found.extend(
                of.iter()
                    .filter_map(|value| no_words(value, choice(Lang::En, value), choice(Lang::Zh, value))),
            ),
            Kind::List { of, .. } => bare(of, path, found),
            Kind::Object(parts) => {
                for Part { key, kind, .. } in parts.iter().filter(|part| !matches!(part.kind, Kind::OffOnly))
                {
                    found.extend(no_words(key, member(Lang::En, key), member(Lang::Zh, key)));
                    bare(kind, &format!("{path}.{key}"), found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn the_form_has_words_for_every_value_and_member() {
        let mut found = Vec::new();
        for &card_type in CardType::ALL {
            fields(card_type, Purpose::Create).for_each(|field| bare(&field.kind, field.key, &mut found));
        }
        assert!(found.is_empty(), "{found:?}");
    }
}
