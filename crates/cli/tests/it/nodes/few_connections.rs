//! A server with few free connections: a node starts, its writers have their connections, and reads share the others.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, CLIENTS, Cards, Persistent, Total};
use kaquan_testkit::{Cluster, Options};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Nine connections for kaquan, and three for the test, which connects as a superuser.
const NINE: &str = "max_connections = 12\nsuperuser_reserved_connections = 3\n";

#[test]
fn a_node_serves_a_burst_with_nine_connections() {
    let cluster = Cluster::start_with(Options::Quick, NINE).expect("a PostgreSQL server");
    kaquan_testkit::execute(
        &cluster.url(),
        "CREATE ROLE merchant LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO merchant",
    );
    let mut site = Site::new(cluster.url_as("merchant"));
    let node = site.node();
    let balancer = Balancer::over([node.host.as_str()]);
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let stop = AtomicBool::new(false);
    let mut total = Total::default();
    std::thread::scope(|scope| {
        // Concurrent reads, enough to use all connections.
        for _ in 0..CLIENTS {
            let mut client = Persistent::new(&site, &balancer);
            let (stop, hot) = (&stop, &cards.hot);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    client.ask("/card/get", &json!({"card_id": hot}));
                }
                assert_eq!(client.again, 0, "no read had to be repeated");
            });
        }
        let burst = Burst::begin(&site, &balancer, &cards, 0);
        burst.wait_for(1_000);
        burst.end(&mut total);
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(total.again, 0, "no request had to be repeated");
    site.url = cluster.url();
    total.check(&site, &balancer, &cards);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'merchant'";
    assert!(site.number(sessions) <= 9);
}
