//! Calls at the same time on many connections: a code is consumed once, and no more codes are issued than there are
//! in stock. The tests check how many calls win, but not which ones.

use super::HOLDER;
use crate::support::*;
use std::sync::Barrier;

/// Posts all bodies at the same time, each on its own connection. Returns the errcodes.
fn at_once(server: &TestServer, path: &str, bodies: &[Value]) -> Vec<i64> {
    let target = format!("{path}?access_token={}", server.token());
    let barrier = Barrier::new(bodies.len());
    std::thread::scope(|scope| {
        let callers: Vec<_> = bodies
            .iter()
            .map(|body| {
                let (mut client, target, barrier) = (server.connect(), &target, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let reply = client.send("POST", target, &[], body.to_string().as_bytes()).json();
                    reply["errcode"].as_i64().expect("an errcode")
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("no panic")).collect()
    })
}

fn count(codes: &[i64], code: i64) -> usize {
    codes.iter().filter(|answered| **answered == code).count()
}

#[test]
fn of_sixteen_calls_one_consumes_the_code() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    let codes = at_once(&server, "/card/code/consume", &vec![json!({"code": code}); 16]);
    assert_eq!((count(&codes, 0), count(&codes, 40099)), (1, 15), "{codes:?}");
}

#[test]
fn of_sixteen_holders_five_get_the_five_in_stock() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 5}})));
    let bodies: Vec<Value> = (0..16).map(|n| json!({"card_id": id, "openid": format!("o{n}")})).collect();
    let codes = at_once(&server, "/wallet/v1/claim", &bodies);
    assert_eq!((count(&codes, 0), count(&codes, 45031)), (5, 11), "{codes:?}");
    assert_eq!(server.stock(&id), (0, 5));
}

#[test]
fn sixteen_claims_of_one_holder_at_once_keep_to_get_limit() {
    let server = TestServer::start();
    let id = server.create(card_with("GROUPON", json!({"get_limit": 3})));
    let codes = at_once(&server, "/wallet/v1/claim", &vec![json!({"card_id": id, "openid": HOLDER}); 16]);
    assert_eq!((count(&codes, 0), count(&codes, 45033)), (3, 13), "{codes:?}");
    let held = server.ok("/card/user/getcardlist", json!({"openid": HOLDER}));
    assert_eq!(held["card_list"].as_array().unwrap().len(), 3);
}

#[test]
fn a_custom_code_goes_to_one_of_sixteen_holders() {
    let server = TestServer::start();
    let id = server.create_custom();
    let bodies: Vec<Value> =
        (0..16).map(|n| json!({"card_id": id, "openid": format!("o{n}"), "code": "the-one"})).collect();
    let codes = at_once(&server, "/wallet/v1/claim", &bodies);
    assert_eq!((count(&codes, 0), count(&codes, 40056)), (1, 15), "{codes:?}");
}

#[test]
fn each_imported_code_goes_out_once() {
    let server = TestServer::start();
    let codes: Vec<String> = (0..20).map(|n| format!("c{n}")).collect();
    let id = server.create_deposit(&codes.iter().map(String::as_str).collect::<Vec<_>>());
    let bodies: Vec<Value> = (0..24).map(|n| json!({"card_id": id, "openid": format!("o{n}")})).collect();
    let answers = at_once(&server, "/wallet/v1/claim", &bodies);
    assert_eq!((count(&answers, 0), count(&answers, 45031)), (20, 4), "{answers:?}");
    for code in codes {
        server.ok("/card/code/consume", json!({"card_id": id, "code": code}));
    }
}

#[test]
fn a_gift_is_accepted_by_one_of_many_friends() {
    let server = TestServer::start();
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, HOLDER);
    server.ok("/wallet/v1/gift", json!({"code": code, "openid": HOLDER}));
    let bodies: Vec<Value> = (0..8).map(|n| json!({"code": code, "openid": format!("o{n}")})).collect();
    let codes = at_once(&server, "/wallet/v1/gift/accept", &bodies);
    assert_eq!((count(&codes, 0), count(&codes, 40056)), (1, 7), "{codes:?}");
}
