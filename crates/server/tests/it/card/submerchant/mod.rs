//! `/card/submerchant`: other merchants whose cards an app issues. WeChat manual: "第三方代制" (cards for sub-merchants).

mod batchget;
mod get;
mod submit;
mod update;

use crate::support::*;

/// The data of a sub-merchant whose authorisation ends in a year.
fn info(server: &TestServer) -> Value {
    json!({
        "brand_name": "分店", "app_id": "wxb11529c136998cb6", "logo_url": "http://mmbiz.qpic.cn/mmbiz/logo/0",
        "protocol": server.paper(), "end_time": server.now() + 31_536_000,
        "primary_category_id": 1, "secondary_category_id": 101,
        "agreement_media_id": server.paper(), "operator_media_id": server.paper(),
    })
}

/// Submits a sub-merchant and returns its number.
fn submitted(server: &TestServer) -> i64 {
    let reply = server.ok("/card/submerchant/submit", json!({"info": info(server)}));
    reply["info"]["merchant_id"].as_i64().expect("a number")
}

/// The `info` of a sub-merchant.
fn shown(server: &TestServer, merchant_id: i64) -> Value {
    server.ok("/card/submerchant/get", json!({"merchant_id": merchant_id}))["info"].take()
}
