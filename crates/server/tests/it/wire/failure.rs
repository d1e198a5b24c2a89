//! A store that fails. The caller only gets -1, nothing is changed, and everything works again when the store works
//! again. The test plans each failure.

use crate::support::*;
use kaquan_testkit::faulty::Faulty;

#[test]
fn a_commit_that_keeps_failing_answers_system_error_and_changes_nothing() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    let before = (server.card(&id), server.state(&code));
    for (path, body) in [
        ("/card/create", json!({"card": card("GROUPON")})),
        ("/card/update", json!({"card_id": id, "groupon": {"base_info": {"notice": "x"}}})),
        ("/card/modifystock", json!({"card_id": id, "increase_stock_value": 5})),
        ("/card/delete", json!({"card_id": id})),
        ("/card/code/consume", json!({"code": code})),
        ("/card/code/unavailable", json!({"code": code})),
        ("/wallet/v1/claim", json!({"card_id": id, "openid": "oB"})),
        ("/wallet/v1/gift", json!({"code": code, "openid": "oA"})),
    ] {
        faulty.fail_commits(usize::MAX);
        assert_eq!(server.expect_errcode(path, body, -1), "", "the reply does not name the failure");
        faulty.fail_commits(0);
        assert_eq!((server.card(&id), server.state(&code)), before, "{path}");
    }
    server.consume(&code);
    assert_eq!(server.stock(&id), (999, 1000));
}

#[test]
fn a_commit_that_fails_once_is_done_again_and_counts_once() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    let id = server.create(card_with("GROUPON", json!({"sku": {"quantity": 5}})));
    for n in 1..=5 {
        faulty.fail_commits(1);
        server.claim(&id, "oA");
        assert_eq!(server.stock(&id), (5 - n, 5));
    }
    server.expect_errcode("/wallet/v1/claim", json!({"card_id": id, "openid": "oA"}), 45031);
}

#[test]
fn reads_are_answered_while_nothing_can_be_written() {
    let faulty = Faulty::default();
    let server = TestServer::faulty(&faulty);
    let id = server.create(card("GROUPON"));
    let code = server.claim(&id, "oA");
    faulty.fail_commits(usize::MAX);
    server.card(&id);
    server.state(&code);
    server.ok("/card/user/getcardlist", json!({"openid": "oA"}));
    server.ok("/card/batchget", json!({"offset": 0, "count": 50}));
}
