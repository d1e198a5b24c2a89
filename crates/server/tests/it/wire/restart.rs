//! A server that is stopped and started again continues as before. Every answered success still exists, tokens stay
//! valid, and numbers continue without a gap or a repetition.

use crate::support::*;
use std::collections::HashSet;

#[test]
fn everything_that_was_answered_is_there_after_a_restart() {
    let mut server = TestServer::start();
    let groupon = server.create(card_with("GROUPON", json!({"get_limit": 3})));
    let deposit = server.create_deposit(&["a1", "a2", "a3"]);
    let beside = json!({"auto_activate": true, "supply_balance": true});
    let member = server.create(card_with_both("MEMBER_CARD", json!({}), beside));
    let (consumed, normal) = (server.claim(&groupon, "oA"), server.claim(&groupon, "oA"));
    let given = server.claim(&groupon, "oA");
    server.consume(&consumed);
    server.ok("/wallet/v1/gift", json!({"code": given, "openid": "oA", "friend_openid": "oB"}));
    assert_eq!(server.claim(&deposit, "oA"), "a1");
    let members = server.claim(&member, "oA");
    server.ok("/card/membercard/updateuser", json!({"code": members, "bonus": 7, "balance": 8}));
    server.update_base(&groupon, "GROUPON", json!({"notice": "新提醒"}));

    let look = |server: &TestServer| {
        let mut seen: Vec<Value> = [&groupon, &deposit, &member].iter().map(|id| server.card(id)).collect();
        for code in [&consumed, &normal, &given, &members] {
            seen.push(server.post("/card/code/get", json!({"code": code, "check_consume": false})));
        }
        seen.push(server.post("/card/code/get", json!({"code": "a1", "card_id": deposit})));
        seen.push(server.post("/card/membercard/userinfo/get", json!({"card_id": member, "code": members})));
        seen.push(server.post("/card/user/getcardlist", json!({"openid": "oA"})));
        seen.push(server.post("/card/batchget", json!({"offset": 0, "count": 50})));
        seen
    };
    let before = look(&server);
    server.restart();
    assert_eq!(look(&server), before);

    // The server continues from this state.
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": groupon, "openid": "oA"}), 45033);
    server.expect_errcode("/card/code/consume", json!({"code": consumed}), 40099);
    let friends = server.ok("/wallet/v1/gift/accept", json!({"code": given, "openid": "oB"}))["code"].take();
    server.ok("/card/code/consume", json!({"code": friends}));
    assert_eq!(server.claim(&deposit, "oB"), "a2");
    server.expect_errcode("/card/code/deposit", json!({"card_id": deposit, "code": ["a3", "a3"]}), 40111);
}

#[test]
fn codes_go_on_without_a_repetition() {
    let mut server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let mut codes = HashSet::new();
    for _ in 0..4 {
        for _ in 0..5 {
            assert!(codes.insert(server.claim(&id, "oA")));
        }
        server.restart();
    }
    assert_eq!(server.stock(&id), (980, 1000));
}

#[test]
fn a_token_outlives_the_server_that_gave_it() {
    let mut server = TestServer::start();
    let token = server.token();
    server.restart();
    let reply = server.send("GET", &format!("/card/getcolors?access_token={token}"), &[], b"").json();
    assert_eq!(reply["errcode"], 0);
}

#[test]
fn closed_days_stay_closed() {
    let mut server = TestServer::start();
    let id = server.create(card("GROUPON"));
    server.claim(&id, "oA");
    server.pass_days(3);
    assert_eq!(server.close_days(), 3);
    let body = json!({"begin_date": server.date(-3), "end_date": server.date(-1), "cond_source": 1});
    let before = server.post("/datacube/getcardbizuininfo", body.clone());
    server.restart();
    assert_eq!(server.post("/datacube/getcardbizuininfo", body), before);
    assert_eq!(server.close_days(), 0);
}

#[test]
fn two_servers_do_not_write_to_one_folder() {
    let server = TestServer::start();
    assert_eq!(server.store.writer().is_ok(), server.shares_its_store());
}
