//! `/card/storewxa`: the card that the mini program of a store offers. WeChat manual: "门店小程序卡券" (cards of store mini
//! programs).

mod get;
mod set;

use crate::support::*;

/// Adds a store and returns its number, which `addpoi` returns as text.
fn store(server: &TestServer) -> String {
    let base_info = json!({
        "business_name": "茶馆", "province": "广东省", "city": "广州市", "address": "艺苑路11号",
        "telephone": "020-12345678", "categories": ["美食,快餐小吃"], "offset_type": 1, "longitude": 115.3,
        "latitude": 25.0,
    });
    let reply = server.ok("/cgi-bin/poi/addpoi", json!({"business": {"base_info": base_info}}));
    reply["poi_id"].as_str().expect("text").to_owned()
}

/// The card of a store.
fn card_of(server: &TestServer, poi_id: &str) -> Value {
    server.ok("/card/storewxa/get", json!({"poi_id": poi_id}))["card_id"].take()
}
