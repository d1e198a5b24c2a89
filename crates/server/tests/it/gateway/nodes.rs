//! Two nodes on one database share the account's token.

use super::*;
use kaquan_testkit::Schema;

#[test]
fn two_nodes_share_one_renewal() {
    let schema = Schema::new();
    let (one, original) = (Start::default().start_at(&schema.url()), Original::start());
    let two = Start::default().start_at(&schema.url());
    one.ok("/kaquan/v1/upstream/set", upstream(&original));
    let target = format!("/cgi-bin/user/info?access_token={}", one.token());
    let both = |expected: usize| {
        let calls: Vec<_> = [one.address(), two.address()]
            .into_iter()
            .cycle()
            .take(8)
            .map(|address| {
                let target = target.clone();
                std::thread::spawn(move || {
                    http::Client::connect(address).send("GET", &target, &[], b"").json()
                })
            })
            .collect();
        let replies: Vec<Value> = calls.into_iter().map(|call| call.join().unwrap()).collect();
        assert!(replies.iter().all(|reply| reply["errcode"] == 0), "{replies:?}");
        assert_eq!(original.token_requests(), expected);
    };
    both(1);
    original.retire_token();
    both(2);
    both(2);
}
