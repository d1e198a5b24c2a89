//! `POST /kaquan/v1/card/update/preview`: shows the effect of a `card/update` request without changing anything.

use crate::support::*;

const PATH: &str = "/kaquan/v1/card/update/preview";

/// The preview of a request. It must change nothing.
fn preview(server: &TestServer, body: &Value) -> Value {
    let before = server.changes(&server.app);
    let answer = server.ok(PATH, body.clone());
    assert_eq!(server.changes(&server.app), before);
    answer
}

#[test]
fn a_preview_agrees_with_the_update_that_follows() {
    let server = TestServer::manual();
    let id = server.create(card("GROUPON"));
    server.pass(&id);
    for base_info in [
        json!({"notice": "新提醒"}),
        json!({"service_phone": "020-88888888", "get_limit": "7"}),
        json!({"location_id_list": "0", "color": "Color010"}),
        json!({"date_info": {"end_timestamp": 1}}),
        json!({"brand_name": "x", "notice": "y"}),
        json!({"title": ""}),
        json!({"notice": "长".repeat(17)}),
    ] {
        let body = json!({"card_id": id, "groupon": {"base_info": base_info}});
        let reply = preview(&server, &body);
        let before = server.card(&id);
        let done = server.post("/card/update", body.clone());
        assert_eq!(reply["accepted"], done["errcode"] == 0, "{body}: {reply}, {done}");
        if done["errcode"] != 0 {
            assert_eq!(reply["refusal"]["errcode"], done["errcode"], "{body}");
            continue;
        }
        assert_eq!(reply["send_check"], done["send_check"], "{body}");
        assert_eq!(reply["status_after"], server.status(&id), "{body}");
        let after = server.card(&id);
        for field in reply["fields"].as_array().expect("a list") {
            let key =
                field["field"].as_str().and_then(|path| path.strip_prefix("base_info.")).expect("a path");
            let value = |card: &Value| card["groupon"]["base_info"][key].clone();
            assert_eq!(field["changed"], value(&before) != value(&after), "{body}: {field}");
        }
        server.post("/kaquan/v1/review", json!({"card_id": id, "pass": true}));
    }
}

#[test]
fn a_deleted_card_is_reported_and_an_unknown_one_is_refused() {
    let server = TestServer::start();
    let id = server.create(card("CASH"));
    server.ok("/card/delete", json!({"card_id": id}));
    let reply = preview(&server, &json!({"card_id": id, "cash": {"base_info": {"notice": "x"}}}));
    assert_eq!(reply["refusal"]["errcode"], 40078, "{reply}");
    server.expect_errcode(PATH, json!({"card_id": "pNowhere", "cash": {}}), 40073);
    server.expect_errcode(PATH, json!({"cash": {}}), 41012);
}
