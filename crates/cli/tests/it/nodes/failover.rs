//! A primary waits for its standby. The primary is lost in the middle of a burst, and the standby replaces it.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::{Cluster, Options};

#[test]
fn a_standby_that_takes_over_in_a_burst_has_everything_that_was_answered() {
    let primary = Cluster::start(Options::Durable).expect("a PostgreSQL server");
    let standby = primary.standby(true).expect("a standby");
    let url = format!(
        "postgres://kaquan@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
        primary.port(),
        standby.port()
    );
    let mut site = Site::new(url.clone());
    let nodes = [site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(500);
    primary.crash().expect("it stops at once");
    standby.promote().expect("it takes over");
    burst.wait_for(burst.claims() + 500);
    let mut total = Total::default();
    burst.end(&mut total);
    site.url = standby.url();
    total.check(&site, &balancer, &cards);
}
