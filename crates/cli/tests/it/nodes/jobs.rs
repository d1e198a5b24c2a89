//! If a node dies, another node does its single-node jobs.

use super::Site;
use super::balancer::Balancer;
use super::burst::Persistent;
use crate::receiver::{Received, Receiver};
use crate::support::groupon;
use kaquan_testkit::Schema;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn one_node_pushes_all_events_and_another_takes_over() {
    let schema = Schema::new();
    let site = Site::new(schema.url());
    let receiver = Receiver::start();
    let set = ["callback", "set", "--url", &receiver.url, "--token", "token", "--push-private"];
    site.printed(&set);
    let start = || super::Node::start_with(site.dir.path(), &site.url, &["--push-private"]);
    let mut nodes = vec![start(), start()];
    let mut seen = 0;
    for round in 0..3 {
        let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
        let mut client = Persistent::new(&site, &balancer);
        let card = client.ask("/card/create", &groupon(100))["card_id"].clone();
        for n in 0..4 {
            let mut each = Persistent::new(&site, &balancer);
            let claim = json!({"card_id": card, "openid": format!("{round}-{n}")});
            assert_eq!(each.ask("/wallet/v1/claim", &claim)["errcode"], 0);
        }
        // The card was approved, and four codes were claimed.
        seen += 5;
        let ids = |events: &[Received]| {
            let ids: BTreeSet<String> =
                events.iter().map(|event| event.header("x-kaquan-event-id").to_owned()).collect();
            ids.len()
        };
        // Deliveries that the dead node had not saved come once more, with the same id.
        receiver.wait_until("everything", |events| ids(events) == seen);
        let pusher = site.number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
        assert!(pusher >= 1, "one node has the lease to push");
        nodes.remove(0).kill();
        nodes.push(start());
    }
}
