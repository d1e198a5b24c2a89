//! Points and balance of a member card can be switched on, but never off (40135).

use super::{patch, refused};
use crate::support::*;

fn member_card(server: &TestServer, bonus: bool, balance: bool) -> String {
    let beside = json!({"supply_bonus": bonus, "supply_balance": balance});
    let id = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    server.pass(&id);
    id
}

fn update(server: &TestServer, id: &str, section: Value) -> (bool, String) {
    let reply = server.ok("/card/update", patch(id, "MEMBER_CARD", section));
    (reply["send_check"] == true, server.status(id))
}

#[test]
fn points_and_balance_are_switched_on_and_go_to_review() {
    let server = TestServer::manual();
    for key in ["supply_bonus", "supply_balance"] {
        for on in [json!(true), json!("true"), json!(1)] {
            let id = member_card(&server, false, false);
            let expected = (true, "CARD_STATUS_NOT_VERIFY".to_owned());
            assert_eq!(update(&server, &id, json!({key: on})), expected);
            assert_eq!(server.section(&id)[key], true);
        }
    }
}

#[test]
fn switching_them_off_is_40135() {
    let server = TestServer::manual();
    let id = member_card(&server, true, true);
    for key in ["supply_bonus", "supply_balance"] {
        for off in [json!(false), json!("false"), json!(0)] {
            let tail = refused(&server, &id, patch(&id, "MEMBER_CARD", json!({key: off})), 40135);
            assert!(tail.starts_with(key), "{tail}");
        }
    }
}

#[test]
fn the_value_they_have_changes_nothing_and_is_not_reviewed() {
    let server = TestServer::manual();
    let id = member_card(&server, true, false);
    let same = json!({"supply_bonus": true, "supply_balance": false});
    assert_eq!(update(&server, &id, same), (false, "CARD_STATUS_VERIFY_OK".to_owned()));
}

#[test]
fn a_refused_switch_keeps_the_rest_of_the_request_out() {
    let server = TestServer::manual();
    let id = member_card(&server, true, false);
    let section = json!({"supply_bonus": false, "bonus_url": "http://a", "base_info": {"notice": "x"}});
    refused(&server, &id, patch(&id, "MEMBER_CARD", section), 40135);
}
