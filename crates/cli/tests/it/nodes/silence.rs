//! A primary is lost without any message in the middle of a burst, and a standby replaces it. Either the primary's
//! network accepts data and forwards nothing, or it cuts every connection, or the machine has gone.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::network::Network;
use kaquan_testkit::{Cluster, Middlebox, Options};
use std::time::{Duration, Instant};

/// The longest time from the promotion to the first success, on a busy machine. On an idle machine, this takes a few
/// seconds.
const FIRST_SUCCESS_MAX: Duration = Duration::from_secs(30);

#[test]
fn a_primary_behind_a_frozen_network_is_replaced_by_its_standby() {
    let primary = Cluster::start(Options::Durable).expect("a PostgreSQL server");
    let middlebox = Middlebox::before(primary.port()).expect("a port");
    let at = format!("127.0.0.1:{}", middlebox.port());
    is_replaced(&primary, &at, "frozen", || middlebox.freeze());
}

#[test]
fn a_primary_whose_network_cuts_connections_is_replaced_by_its_standby() {
    let primary = Cluster::start(Options::Durable).expect("a PostgreSQL server");
    let middlebox = Middlebox::before(primary.port()).expect("a port");
    let at = format!("127.0.0.1:{}", middlebox.port());
    is_replaced(&primary, &at, "cut", || middlebox.cut());
}

#[test]
fn a_primary_whose_machine_vanishes_is_replaced_by_its_standby() {
    let network = match Network::new() {
        Ok(network) => network,
        Err(error) => return eprintln!("skipped: no network namespace: {error}"),
    };
    let primary = Cluster::start_in(Options::Durable, &network).expect("a PostgreSQL server");
    let at = format!("{}:{}", network.address(), primary.port());
    is_replaced(&primary, &at, "vanished", || network.vanish());
}

/// Loses the primary, which nodes reach at `at`, in the middle of a burst. Everything that was answered must be on
/// the standby, once.
fn is_replaced(primary: &Cluster, at: &str, how: &str, lose: impl FnOnce()) {
    let standby = primary.standby(true).expect("a standby");
    let hosts = format!("{at},127.0.0.1:{}", standby.port());
    let mut site = Site::new(format!("postgres://kaquan@{hosts}/postgres?target_session_attrs=read-write"));
    let nodes = [site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(500);
    lose();
    standby.promote().expect("it takes over");
    let (promoted, before) = (Instant::now(), burst.claims());
    burst.wait_for(before + 1);
    let first = promoted.elapsed();
    burst.wait_for(before + 500);
    let mut total = Total::default();
    burst.end(&mut total);
    site.url = standby.url();
    total.check(&site, &balancer, &cards);
    assert!(first < FIRST_SUCCESS_MAX, "{how}: {first:?}, longest request {:?}", total.longest);
}
