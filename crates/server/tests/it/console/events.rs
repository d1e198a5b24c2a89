//! `/console/{appid}/events`: deliveries, payload, attempts, and pushing again.

use crate::support::*;
use kaquan_store::Role;

#[test]
fn a_delivery_is_shown_with_its_payload_and_attempts_and_pushed_again() {
    let server = TestServer::start();
    let surfer = server.signed_in(Role::Operator);
    assert!(surfer.app_page("events").contains("no receiver is set"));
    let receiver = Receiver::start();
    server.push_to(&receiver);
    let code = server.claim(&server.create(card("GROUPON")), "oMei");
    server.wait_for_push();
    let list = surfer.app_page("events?kind=claim");
    assert!(list.contains(&code) && list.contains("delivered") && list.contains(&receiver.url), "{list}");
    let path = list.split("/events/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("events/{path}");
    let one = surfer.app_page(&path);
    assert!(one.contains("user_get_card") && one.contains("accepted"), "{one}");
    let before = receiver.events().len();
    let again = surfer.app_submit(&path, &path, &[]);
    assert!(again.header("location").unwrap().ends_with("?done=resend"));
    let events = receiver.wait_for(before + 1);
    assert!(events.last().unwrap().body.contains(&code));
    assert!(!surfer.app_page("events?delivery=parked").contains(&code));
    assert_eq!(surfer.get(&surfer.app_path("events/999999")).status, 404);
}
