//! A server with few connections left: a node starts, its writers have theirs, and reads share the rest.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::{Cluster, Options};

/// Nine connections for kaquan, and three for the test, which looks as a superuser.
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
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(1_000);
    let mut total = Total::default();
    burst.end(&mut total);
    site.url = cluster.url();
    total.check(&site, &balancer, &cards);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'merchant'";
    assert!(site.number(sessions) <= 9);
}
