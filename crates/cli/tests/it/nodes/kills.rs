//! Ten rounds of a burst. In every other round a node is killed. In the other rounds the database crashes, or all
//! connections to it or to the machines of Citus are cut. Nothing that was answered is lost, and nothing exists
//! twice.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::{Cluster, Options, Schema};

const ROUNDS: usize = 10;
/// Claims answered before the trouble begins, and after it.
const CLAIMS: u64 = 250;

/// Cuts the connections of nodes to the coordinator.
const CUT_COORDINATOR: &str =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'kills'";
/// Cuts the connections that the coordinator opened to its machines for nodes.
const CUT_MACHINES: &str = "SELECT sum(cut.result::bigint)::bigint FROM pg_stat_activity node, LATERAL \
    run_command_on_workers(format('SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE \
    application_name = %L', 'citus_internal gpid=' || citus_calculate_gpid(citus_coordinator_nodeid(), node.pid))) cut \
    WHERE node.application_name = 'kills'";

#[test]
fn killed_nodes_and_a_crashed_database_lose_nothing_acknowledged() {
    let cluster = Cluster::start(Options::Durable).expect("a PostgreSQL server");
    let site = Site::on(&cluster);
    burst_in_rounds(&site, |_| {
        cluster.crash().expect("it stops at once");
        cluster.resume().expect("it starts again");
    });
}

#[test]
#[ignore = "needs a coordinator in KAQUAN_TEST_CITUS"]
fn killed_nodes_and_cut_connections_lose_nothing_on_citus() {
    let schema = Schema::new();
    let site = Site::new(format!("{}&application_name=kills", schema.url()));
    burst_in_rounds(&site, |round| {
        let cut = if round % 4 == 1 { CUT_COORDINATOR } else { CUT_MACHINES };
        assert!(kaquan_testkit::number(&schema.url(), cut) > 0, "there were connections");
    });
}

/// Runs bursts. In every other round a node is killed; in the other rounds `trouble` is called with the number of the
/// round.
fn burst_in_rounds(site: &Site, trouble: impl Fn(usize)) {
    let mut nodes = vec![site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(site, &balancer, 1_000_000);
    let mut total = Total::default();
    for round in 0..ROUNDS {
        let burst = Burst::begin(site, &balancer, &cards, round);
        burst.wait_for(CLAIMS);
        if round % 2 == 0 {
            let node = nodes.remove(round % 3);
            let gone = node.host.clone();
            node.kill();
            let another = site.node();
            balancer.replace(&gone, &another.host);
            nodes.insert(round % 3, another);
        } else {
            trouble(round);
        }
        burst.wait_for(burst.claims() + CLAIMS);
        burst.end(&mut total);
        total.check(site, &balancer, &cards);
    }
    assert!(total.again > 0, "something did happen");
}
