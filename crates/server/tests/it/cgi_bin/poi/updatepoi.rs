//! `POST /cgi-bin/poi/updatepoi`: changes the seven fields that can be changed.

use super::{add, business, get};
use crate::support::*;

const PATH: &str = "/cgi-bin/poi/updatepoi";

#[test]
fn the_seven_fields_change_and_nothing_else() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let mut expected = get(&server, &poi_id);
    let change = json!({
        "telephone": "010-1", "photo_list": [{"photo_url": "http://a/new"}], "recommend": "r", "special": "s",
        "introduction": "i", "open_time": "9:00-21:00", "avg_price": 36,
    });
    let mut sent = change.clone();
    sent["poi_id"] = poi_id.clone().into();
    sent["business_name"] = "other".into();
    sent["address"] = "elsewhere".into();
    assert_eq!(server.post(PATH, business(sent)), json!({"errcode": 0, "errmsg": "ok"}));
    for (key, value) in change.as_object().expect("an object") {
        expected[key] = value.clone();
    }
    assert_eq!(get(&server, &poi_id), expected);
}

#[test]
fn fields_without_a_value_stay_as_they_are() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let before = get(&server, &poi_id);
    server.ok(PATH, business(json!({"poi_id": poi_id, "recommend": "", "avg_price": 0, "special": null})));
    assert_eq!(get(&server, &poi_id), before);
}

#[test]
fn a_store_sent_back_as_it_was_answered_stays_as_it_is() {
    let server = TestServer::start();
    let poi_id = add(&server, json!({}));
    let before = get(&server, &poi_id);
    server.ok(PATH, business(merged(before.clone(), json!({"poi_id": poi_id}))));
    assert_eq!(get(&server, &poi_id), before);
}

#[test]
fn poi_updatepoi_errors_follow_the_documented_order() {
    let server = TestServer::start();
    let (here, gone) = (add(&server, json!({})), add(&server, json!({})));
    server.ok("/cgi-bin/poi/delpoi", json!({"poi_id": gone}));
    for (base_info, errcode) in [
        (json!({"telephone": "x"}), ErrCode::MissingFields),
        (json!({"poi_id": "x", "telephone": "x"}), ErrCode::InvalidPoiid),
        (json!({"poi_id": "77", "telephone": "x"}), ErrCode::PoiIdNotExist),
        (json!({"poi_id": gone, "telephone": "x"}), ErrCode::PoiDeleted),
        (json!({"poi_id": here, "telephone": "x", "photo_list": []}), ErrCode::InvalidTelephone),
        (json!({"poi_id": here, "photo_list": [], "open_time": "x".repeat(65)}), ErrCode::PhotoListEmpty),
        (json!({"poi_id": here, "photo_list": [{"photo_url": "x"}]}), ErrCode::InvalidPhotoUrl),
        (json!({"poi_id": here, "open_time": "x".repeat(65), "avg_price": -1}), ErrCode::OutOfLengthLimit),
        (json!({"poi_id": here, "avg_price": -1}), ErrCode::InvalidArgs),
    ] {
        server.expect_errcode(PATH, business(base_info), errcode);
    }
}
