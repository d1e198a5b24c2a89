//! SIGTERM ends a node, even if the database hangs.

use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use super::{Node, Site};
use kaquan_testkit::{Middlebox, Schema};
use std::time::{Duration, Instant};

/// Ten seconds, and ten more for a busy machine.
const STOP_MAX: Duration = Duration::from_secs(20);

#[test]
fn a_node_whose_database_is_silent_ends_after_a_signal() {
    let schema = Schema::new();
    let (middlebox, url) = Middlebox::before_url(&schema.url()).expect("an address");
    let mut site = Site::new(schema.url());
    let (silent, other) = (Node::start(site.dir.path(), &url), site.node());
    let balancer = Balancer::over([silent.host.as_str(), other.host.as_str()]);
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(300);
    middlebox.freeze();
    // There are requests in flight that the node cannot answer.
    burst.wait_for(burst.claims() + 100);
    let signalled_at = Instant::now();
    silent.terminate();
    let ended = silent.ended();
    assert!(signalled_at.elapsed() < STOP_MAX, "{:?}", signalled_at.elapsed());
    assert!(ended.success(), "{ended}");
    burst.wait_for(burst.claims() + 300);
    let mut total = Total::default();
    burst.end(&mut total);
    site.url = schema.url();
    total.check(&site, &balancer, &cards);
}
