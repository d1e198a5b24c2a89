//! The cards and holders of benchmarks: a document for coupons, a document for member cards, and unique openids that
//! look like WeChat's.

use serde_json::{Value, json};
use std::io::Write;

/// A stock that never runs out.
pub const STOCK: i64 = 100_000_000;

fn base_info(title: &str, date_info: Value) -> Value {
    json!({
        "logo_url": "https://img.example.com/bench/logo.png",
        "brand_name": "基准测试",
        "code_type": "CODE_TYPE_QRCODE",
        "title": title,
        "color": "Color010",
        "notice": "结账前向店员出示",
        "service_phone": "400-000-0000",
        "description": "消费满 80 元可用，每单限用一张。\n领取后 30 天内有效，过期不补。",
        "date_info": date_info,
        "sku": {"quantity": STOCK},
        "use_all_locations": true,
        "can_share": true,
        "can_give_friend": true,
    })
}

/// A coupon. Each code is valid for 30 days. `get_limit` has its default.
pub fn coupon() -> Value {
    let term = json!({"type": "DATE_TYPE_FIX_TERM", "fixed_term": 30, "fixed_begin_term": 0});
    let coupon = json!({"base_info": base_info("满八十减二十", term), "default_detail": "满 80 元减 20 元"});
    json!({"card_type": "GENERAL_COUPON", "general_coupon": coupon})
}

/// A coupon whose codes are imported.
pub fn coupon_for_imports() -> Value {
    let mut card = coupon();
    let base_info = &mut card["general_coupon"]["base_info"];
    base_info["use_custom_code"] = true.into();
    base_info["get_custom_code_mode"] = "GET_CUSTOM_CODE_MODE_DEPOSIT".into();
    base_info["sku"]["quantity"] = 0.into();
    card
}

/// A member card that is active as soon as it is claimed.
pub fn member_card() -> Value {
    let member_card = json!({
        "base_info": base_info("会员卡", json!({"type": "DATE_TYPE_PERMANENT"})),
        "supply_bonus": true,
        "supply_balance": false,
        "prerogative": "消费一元积一分",
        "auto_activate": true,
    });
    json!({"card_type": "MEMBER_CARD", "member_card": member_card})
}

/// Writes the openid of holder `n`. It has 28 characters and is different for each number and each `tag` of a run.
pub fn write_openid(out: &mut Vec<u8>, tag: u32, n: u64) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "oBch{tag:08x}{:016x}", scatter(n));
}

/// A permutation of all numbers that maps neighbours far apart (one step of splitmix64).
pub const fn scatter(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn openids_have_the_usual_length_and_differ() {
        let mut seen = HashSet::new();
        for n in 0..1000 {
            let mut openid = Vec::new();
            write_openid(&mut openid, 7, n);
            assert_eq!(openid.len(), 28);
            assert!(seen.insert(openid));
        }
    }
}
