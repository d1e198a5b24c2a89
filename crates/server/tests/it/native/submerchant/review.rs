//! `POST /kaquan/v1/submerchant/review`: approves or refuses a sub-merchant that waits for review.

use crate::support::*;

const PATH: &str = "/kaquan/v1/submerchant/review";

#[test]
fn only_a_sub_merchant_that_waits_is_decided_on() {
    let server = TestServer::manual();
    let info = json!({
        "brand_name": "分店", "logo_url": "http://mmbiz.qpic.cn/a", "protocol": server.paper(), "end_time": server.now() + 9,
        "primary_category_id": 1, "secondary_category_id": 101,
    });
    server.ok("/card/submerchant/submit", json!({"info": info}));
    let long = "x".repeat(513);
    for (body, errcode) in [
        (json!({"pass": true}), ErrCode::MissingFields),
        (json!({"merchant_id": 1}), ErrCode::MissingFields),
        (json!({"merchant_id": 1, "pass": true, "reason": "good"}), ErrCode::InvalidArgs),
        (json!({"merchant_id": 2, "pass": false, "reason": long}), ErrCode::InvalidSubMerchantId),
        (json!({"merchant_id": 1, "pass": false, "reason": long}), ErrCode::OutOfLengthLimit),
    ] {
        server.expect_errcode(PATH, body, errcode);
    }
    assert_eq!(
        server.post(PATH, json!({"merchant_id": 1, "pass": true})),
        json!({"errcode": 0, "errmsg": "ok"})
    );
    server.expect_errcode(PATH, json!({"merchant_id": 1, "pass": false, "reason": long}), 40140);
}
