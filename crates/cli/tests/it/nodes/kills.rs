//! Ten rounds of a burst: in every other one a node is killed, in the others the database's plug is pulled. Nothing that
//! was answered is lost, nothing is there twice.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::{Cluster, Options};

const ROUNDS: usize = 10;
/// Claims answered before something happens, and after it.
const CLAIMS: u64 = 250;

#[test]
fn killed_nodes_and_a_crashed_database_lose_nothing_acknowledged() {
    let cluster = Cluster::start(Options::Durable).expect("a PostgreSQL server");
    let site = Site::on(&cluster);
    let mut nodes = vec![site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let mut total = Total::default();
    for round in 0..ROUNDS {
        let burst = Burst::begin(&site, &balancer, &cards, round);
        burst.wait_for(CLAIMS);
        if round % 2 == 0 {
            let node = nodes.remove(round % 3);
            let gone = node.host.clone();
            node.kill();
            let another = site.node();
            balancer.replace(&gone, &another.host);
            nodes.insert(round % 3, another);
        } else {
            cluster.crash().expect("it stops at once");
            cluster.resume().expect("it starts again");
        }
        burst.wait_for(burst.claims() + CLAIMS);
        burst.end(&mut total);
        total.check(&site, &balancer, &cards);
    }
    assert!(total.again > 0, "something did happen");
}
