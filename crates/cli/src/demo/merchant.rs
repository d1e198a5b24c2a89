//! The merchant of the demo, a chain of tea houses: its cards as a merchant's server would create them, and what
//! customers do with each card. The texts respect WeChat's limits, which the server checks as it checks any merchant's.

use kaquan_core::time::{Day, Timestamp};
use serde_json::{Value, json};

/// The name of the merchant.
pub const NAME: &str = "半山茶舍";

/// A card, and what happens to it.
#[derive(Debug)]
pub struct Offer {
    /// The demo's name of the card.
    pub key: &'static str,
    /// When the card is created: 0 means the first day, and 1 the end.
    pub opens: f64,
    /// The customers' behaviour.
    pub habit: Habit,
    /// Makes the `card` member of the request that creates the card.
    pub card: fn(&Span) -> Value,
}

/// What happens to a card and its codes. Codes that none of the shares covers are kept until they expire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Habit {
    /// How often this card is viewed, relative to the others.
    pub draw: f64,
    /// The share of views that end in a claim.
    pub claim: f64,
    /// The largest number of claims of a holder.
    pub limit: u32,
    /// The share of codes that are consumed.
    pub consume: f64,
    /// The average number of days from claim to consume.
    pub days: f64,
    /// The share of codes given to a friend.
    pub give: f64,
    /// The share of codes that their holders delete.
    pub delete: f64,
    /// The share of codes that the merchant makes unavailable.
    pub void: f64,
}

/// What a card needs to know of the demo: its days, its holders, and when the card is created.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The day on which the card is created.
    pub opens: Day,
    /// The first day of the demo.
    pub first: Day,
    /// The number of days of the demo.
    pub days: i32,
    /// The number of holders of the demo.
    pub holders: usize,
}

impl Span {
    fn days_from_open(&self, first: i32, last: i32) -> Value {
        let (begin, end) = (self.opens.plus(first).start(), self.opens.plus(last).end().plus(-1));
        json!({"type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin.0, "end_timestamp": end.0})
    }

    /// The last second in which the tasting coupon is valid. It is during the demo.
    fn tasting_end(&self) -> Timestamp {
        self.first.plus(self.days * 3 / 5).end().plus(-1)
    }
}

fn term(days: u32) -> Value {
    json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": days, "fixed_begin_term": 0})
}

fn permanent() -> Value {
    json!({"type": "DATE_TYPE_PERMANENT"})
}

/// `base_info` with the fields that all cards of the chain share, and with the fields in `own`.
fn base(title: &str, color: &str, notice: &str, description: &str, date_info: Value, own: Value) -> Value {
    let mut base = json!({
        "logo_url": "https://img.example.com/banshan/logo.png",
        "brand_name": NAME,
        "code_type": "CODE_TYPE_QRCODE",
        "title": title,
        "color": color,
        "notice": notice,
        "service_phone": "400-820-0713",
        "description": description,
        "date_info": date_info,
        "use_all_locations": true,
        "can_share": true,
        "can_give_friend": true,
        "custom_url_name": "附近门店",
        "custom_url": "https://tea.example.com/shops",
        "custom_url_sub_title": "十二家",
    });
    if let (Some(base), Value::Object(own)) = (base.as_object_mut(), own) {
        base.extend(own);
    }
    base
}

fn stock(span: &Span, share: f64) -> Value {
    json!({"quantity": ((span.holders as f64 * share) as i64).max(20)})
}

fn offer(key: &'static str, opens: f64, habit: Habit, card: fn(&Span) -> Value) -> Offer {
    Offer { key, opens, habit, card }
}

#[rustfmt::skip]
fn habit(draw: f64, claim: f64, limit: u32, consume: f64, days: f64, give: f64, delete: f64) -> Habit {
    Habit { draw, claim, limit, consume, days, give, delete, void: 0.006 }
}

/// All cards that the merchant creates.
pub fn offers() -> Vec<Offer> {
    vec![
        offer("groupon", 0.0, habit(18.0, 0.16, 20, 0.72, 4.0, 0.05, 0.02), groupon),
        offer("cash", 0.0, habit(22.0, 0.24, 10, 0.58, 4.0, 0.04, 0.03), cash),
        offer("discount", 0.0, habit(16.0, 0.20, 20, 0.52, 2.5, 0.03, 0.03), discount),
        offer("gift", 0.0, habit(9.0, 0.14, 5, 0.66, 8.0, 0.12, 0.02), gift),
        offer("tasting", 0.0, habit(14.0, 0.30, 10, 0.46, 6.0, 0.06, 0.05), tasting),
        offer("gift_box", 0.25, habit(7.0, 0.12, 2, 0.70, 6.0, 0.15, 0.01), gift_box),
        offer("partner_cash", 0.1, habit(6.0, 0.22, 1, 0.55, 5.0, 0.02, 0.04), partner_cash),
        offer(
            "member_card",
            0.0,
            Habit { draw: 12.0, claim: 0.34, limit: 1, ..Habit::default() },
            member_card,
        ),
        offer("gold_card", 0.0, Habit { draw: 5.0, claim: 0.16, limit: 1, ..Habit::default() }, gold_card),
        offer("meeting", 0.3, habit(2.5, 0.12, 2, 0.82, 9.0, 0.08, 0.02), meeting),
        offer("scenic", 0.0, habit(4.0, 0.12, 4, 0.74, 7.0, 0.08, 0.02), scenic),
        offer("movie", 0.15, habit(3.0, 0.16, 4, 0.70, 3.0, 0.10, 0.02), movie),
        offer("boarding", 0.4, habit(1.2, 0.08, 1, 0.85, 10.0, 0.0, 0.01), boarding),
        offer("bus", 0.0, habit(3.0, 0.20, 8, 0.80, 2.0, 0.04, 0.02), bus),
    ]
}

fn groupon(span: &Span) -> Value {
    let terms = "1. 凭券可享双人下午茶一份；\n2. 每桌限用一张，不与其他优惠同享；\n3. 周末及节假日建议提前一天预约；\n\
                 4. 未用完的茶点可免费打包。";
    let own = json!({"sub_title": "两壶名茶配四款茶点", "sku": stock(span, 6.0), "get_limit": 20});
    json!({"card_type": "GROUPON", "groupon": {
        "base_info": base("双人下午茶套餐", "Color010", "到店请出示二维码", terms, span.days_from_open(0, span.days + 120), own),
        "deal_detail": "凤凰单丛或茉莉银针任选两壶\n桂花糕、绿豆酥、杏仁豆腐、咸蛋黄酥各一份\n原价 168 元，团购价 99 元",
        "advanced_info": {
            "abstract": {"abstract": "一壶茶，一个慢下来的下午"},
            "business_service": ["BIZ_SERVICE_FREE_WIFI", "BIZ_SERVICE_DELIVER"],
            "time_limit": [{"type": "MONDAY"}, {"type": "TUESDAY"}, {"type": "WEDNESDAY"}, {"type": "THURSDAY"},
                {"type": "FRIDAY"}, {"type": "SATURDAY"}, {"type": "SUNDAY"}, {"type": "HOLIDAY"}],
        },
    }})
}

fn cash(span: &Span) -> Value {
    let terms = "消费满 80 元可用，每单限用一张。\n领取后 14 天内有效，过期不补。";
    let own = json!({"sub_title": "满八十元可用", "sku": stock(span, 4.0), "get_limit": 10});
    json!({"card_type": "CASH", "cash": {
        "base_info": base("20元代金券", "Color100", "结账前向店员出示", terms, term(14), own),
        "least_cost": 8000, "reduce_cost": 2000,
        "advanced_info": {"use_condition": {
            "accept_category": "堂食茶饮与茶点", "reject_category": "茶叶礼盒", "can_use_with_other_discount": false,
        }},
    }})
}

fn discount(span: &Span) -> Value {
    let terms = "单次消费享八折，不含茶叶礼盒。\n领取当天起 7 天内有效。";
    let own = json!({"sku": stock(span, 4.0), "get_limit": 20});
    json!({"card_type": "DISCOUNT", "discount": {
        "base_info": base("茶饮八折券", "Color080", "点单时出示即可", terms, term(7), own),
        "discount": 20,
    }})
}

fn gift(span: &Span) -> Value {
    let terms = "凭券兑换桂花糕一份，每人每次限用一张。";
    let own = json!({"sub_title": "每月上新一款", "sku": stock(span, 3.0), "get_limit": 5});
    json!({"card_type": "GIFT", "gift": {
        "base_info": base("桂花糕兑换券", "Color060", "请在柜台兑换", terms, term(30), own),
        "gift": "手作桂花糕一份（四块）", "gift_name": "桂花糕", "gift_num": 1, "gift_unit": "份",
    }})
}

fn tasting(span: &Span) -> Value {
    let terms = "品鉴期内到店免费试饮当季新茶一杯，品鉴期结束后失效。";
    let begin = span.opens.start();
    let window = json!({
        "type": "DATE_TYPE_FIX_TIME_RANGE", "begin_timestamp": begin.0, "end_timestamp": span.tasting_end().0,
    });
    let own = json!({"sub_title": "秋茶上市，先尝为快", "sku": stock(span, 4.0), "get_limit": 10});
    json!({"card_type": "GENERAL_COUPON", "general_coupon": {
        "base_info": base("新茶品鉴券", "Color020", "仅限品鉴期内使用", terms, window, own),
        "default_detail": "当季新茶试饮一杯，另赠茶样两克",
    }})
}

fn gift_box(span: &Span) -> Value {
    let terms = "凭券码到任一门店提取周年礼盒一件，券码印在礼盒卡上。";
    let own = json!({
        "sku": stock(span, 1.0), "get_limit": 2, "use_custom_code": true, "code_type": "CODE_TYPE_BARCODE",
    });
    json!({"card_type": "GIFT", "gift": {
        "base_info": base("周年礼盒提货券", "Color090", "请向店员出示条形码", terms, span.days_from_open(0, 180), own),
        "gift": "周年纪念茶礼盒一件：陈皮白茶 100 克、手绘盖碗一只", "gift_name": "茶礼盒", "gift_num": 1, "gift_unit": "件",
    }})
}

fn partner_cash(span: &Span) -> Value {
    let terms = "由合作影院发放，满 50 元可用。";
    let own = json!({
        "sub_title": "合作影院专享", "source": "星河影城", "sku": {"quantity": 0}, "get_limit": 1,
        "use_custom_code": true, "get_custom_code_mode": "GET_CUSTOM_CODE_MODE_DEPOSIT",
    });
    json!({"card_type": "CASH", "cash": {
        "base_info": base("10元观影茶券", "Color050", "凭当日电影票使用", terms, span.days_from_open(0, 150), own),
        "least_cost": 5000, "reduce_cost": 1000,
    }})
}

fn member_card(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 20.0), "get_limit": 1, "can_give_friend": false, "need_push_on_view": true});
    json!({"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base("茶友卡", "Color030", "结账时出示卡号积分", "每位茶友限领一张，积分可抵现。", permanent(), own),
        "supply_bonus": true, "supply_balance": false,
        "bonus_rules": "每消费 1 元积 1 分，100 分抵 1 元。", "bonus_cleared": "积分次年年底清零。",
        "prerogative": "生日当月茶点免费；新茶优先品鉴；积分抵现。",
        "auto_activate": true,
        "custom_field1": {"name": "等级", "url": "https://tea.example.com/level"},
        "bonus_rule": {"cost_money_unit": 100, "increase_bonus": 1, "max_increase_bonus": 500, "init_increase_bonus": 10,
            "cost_bonus_unit": 100, "reduce_money": 100, "least_money_to_use_bonus": 1000, "max_reduce_bonus": 500},
    }})
}

fn gold_card(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 10.0), "get_limit": 1, "can_give_friend": false});
    json!({"card_type": "MEMBER_CARD", "member_card": {
        "base_info": base("掌柜金卡", "Color070", "储值消费请出示此卡", "储值金额不可提现，可在各门店通用。", term(365), own),
        "supply_bonus": true, "supply_balance": true,
        "bonus_rules": "每消费 1 元积 2 分。", "balance_rules": "储值满 500 元赠 30 元。",
        "prerogative": "全年茶饮九五折；专属茶位预留；每季赠茶样一套。", "discount": 5,
        "activate_url": "https://tea.example.com/gold/activate",
        "custom_field1": {"name": "等级", "url": "https://tea.example.com/level"},
    }})
}

fn meeting(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 0.5), "get_limit": 2});
    json!({"card_type": "MEETING_TICKET", "meeting_ticket": {
        "base_info": base("秋茶品鉴会入场券", "Color040", "入场时请出示二维码", "每券限一人入场，请提前十五分钟签到。", span.days_from_open(0, 60), own),
        "meeting_detail": "主讲：古树茶制作技艺传承人\n地点：半山茶舍西溪店二楼茶席", "map_url": "https://tea.example.com/map/xixi",
    }})
}

fn scenic(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 1.0), "get_limit": 4});
    json!({"card_type": "SCENIC_TICKET", "scenic_ticket": {
        "base_info": base("半山茶园观光票", "Color082", "入园时请出示二维码", "含采茶体验一次，雨天顺延。", term(60), own),
        "ticket_class": "成人票", "guide_url": "https://tea.example.com/map/garden",
    }})
}

fn movie(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 1.0), "get_limit": 4});
    json!({"card_type": "MOVIE_TICKET", "movie_ticket": {
        "base_info": base("茶馆电影夜", "Color101", "开场前十分钟入座", "每周五晚七点半放映，含热茶一杯。", term(14), own),
        "detail": "本月片单：春江水暖、路边野餐、饮食男女",
    }})
}

fn boarding(span: &Span) -> Value {
    let departs = span.opens.plus(90).start().plus(9 * 3600);
    let own = json!({"sku": stock(span, 0.2), "get_limit": 1, "can_give_friend": false});
    json!({"card_type": "BOARDING_PASS", "boarding_pass": {
        "base_info": base("茶山包机登机牌", "Color102", "请提前一小时到机场", "茶山之旅包机，仅限本人使用。", span.days_from_open(0, 90), own),
        "from": "杭州萧山", "to": "西双版纳嘎洒", "flight": "BS0713", "air_model": "A320",
        "departure_time": departs.0, "landing_time": departs.plus(4 * 3600).0, "gate": "B12",
    }})
}

fn bus(span: &Span) -> Value {
    let own = json!({"sku": stock(span, 2.0), "get_limit": 8});
    json!({"card_type": "BUS_TICKET", "bus_ticket": {
        "base_info": base("茶园直通车票", "Color081", "发车前五分钟检票", "市区至茶园往返，随到随乘。", term(10), own),
    }})
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaquan_core::card::CardType;
    use std::collections::HashSet;

    #[test]
    fn every_card_type_except_the_general_card_is_offered() {
        let span = Span { opens: Day(20_000), first: Day(20_000), days: 5, holders: 60 };
        let kinds: HashSet<CardType> = offers()
            .iter()
            .filter_map(|offer| CardType::from_wire((offer.card)(&span)["card_type"].as_str()?))
            .collect();
        for &kind in CardType::ALL {
            assert!(kinds.contains(&kind) || kind == CardType::GeneralCard, "{kind} is missing");
        }
    }

    #[test]
    fn the_shares_of_a_habit_add_up_to_at_most_one() {
        for Offer { key, habit, .. } in offers() {
            assert!(habit.consume + habit.give + habit.delete + habit.void <= 1.0, "{key}");
        }
    }
}
