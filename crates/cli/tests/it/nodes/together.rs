//! Three nodes at the same time, without any fault.

use super::Site;
use super::balancer::Balancer;
use super::burst::{Burst, Cards, Total};
use kaquan_testkit::Schema;

#[test]
fn three_nodes_give_out_codes_once_and_count_them_exactly() {
    let schema = Schema::new();
    let site = Site::new(schema.url());
    let nodes = [site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(&site, &balancer, 1_000_000);
    let burst = Burst::begin(&site, &balancer, &cards, 0);
    burst.wait_for(4_000);
    let mut total = Total::default();
    burst.end(&mut total);
    total.check(&site, &balancer, &cards);
    assert!(total.consumed > 0);
    assert_eq!(total.again, 0, "no request had to be repeated");
}

#[test]
fn three_nodes_sell_a_hot_card_out_to_the_last_piece() {
    let schema = Schema::new();
    let site = Site::new(schema.url());
    let nodes = [site.node(), site.node(), site.node()];
    let balancer = Balancer::over(nodes.iter().map(|node| node.host.as_str()));
    let cards = Cards::make(&site, &balancer, 500);
    let sold = super::burst::sell_out(&site, &balancer, &cards.hot);
    assert_eq!(sold, 500);
    assert_eq!(site.number("SELECT count(*) FROM codes"), 500);
    assert_eq!(site.number("SELECT min(quantity) FROM stocks"), 0);
}
