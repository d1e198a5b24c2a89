//! `GET /card/getapplyprotocol`: the categories of sub-merchants. WeChat manual: "第三方代制" (cards for sub-merchants).

use crate::support::*;

const PATH: &str = "/card/getapplyprotocol";

#[test]
fn categories_come_with_their_numbers_and_errcode_comes_last() {
    let server = TestServer::start();
    let target = format!("{PATH}?access_token={}", server.token());
    let reply = server.send("GET", &target, &[], b"").json();
    assert_eq!(shape::keys(&reply), ["category", "errcode", "errmsg"]);
    let expected = json!({
        "primary_category_id": 1, "category_name": "美食",
        "secondary_category": [{
            "secondary_category_id": 101, "category_name": "粤菜", "need_qualification_stuffs": [],
            "can_choose_prepaid_card": 1, "can_choose_payment_card": 1,
        }],
    });
    assert_eq!(shape::shape(&reply["category"][0]), shape::shape(&expected));
    assert_eq!(reply["category"][0]["secondary_category"][0]["secondary_category_id"], 101);
    assert_eq!(server.post(PATH, json!({})), reply, "some clients post");
}
