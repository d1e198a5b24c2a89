//! The life of a card as people see it. After the first login, a card is created and reviewed. A holder claims it on
//! a phone from the picture of its QR code, and a clerk consumes it while today's numbers are updated. Then the card
//! is changed and reviewed again, a code is given to a second holder, and a day is closed and shown in a chart.

use super::browser::{Browser, Device};
use crate::support::page::PASSWORD;
use crate::support::*;
use kaquan_core::time::Timestamp;
use kaquan_server::login_link;

/// Signs in the first user with the link that is printed at the start.
pub fn first_login(server: &TestServer, browser: &Browser) {
    let path = login_link::first(&*server.store, Timestamp(server.now())).unwrap().unwrap();
    browser.go(&path);
    browser.see("Welcome");
    browser.fill("Password", PASSWORD);
    browser.fill("Once more", PASSWORD);
    browser.press("Save and sign in");
    browser.see("Overview");
}

/// Creates a group purchase through the form.
fn make_card(server: &TestServer, browser: &Browser, scripts: bool) {
    // A picture that needs no network.
    let logo = format!("http://{}/static/icon.svg", server.address());
    browser.press("Cards");
    browser.press("New card");
    browser.press("Group purchase");
    for (label, text) in [
        ("logo picture", logo.as_str()),
        ("merchant's name", "Camellia"),
        ("name of the card", "Afternoon tea for two"),
        ("what to do at the till", "Show this at the till"),
        ("terms of use", "At weekends too"),
        ("stock", "100"),
        ("content of the group purchase", "Two pots of tea"),
    ] {
        browser.fill(label, text);
    }
    browser.pick_time("From", "2026-03-01T00:00");
    browser.pick_time("Until", "2026-06-30T23:59");
    if scripts {
        // The typed text is drawn, and counted in the same way as on the server.
        assert_eq!(browser.text_of("[data-face-title]"), "Afternoon tea for two");
        assert!(browser.text_of("#base_info-title-hint").contains("21 / 27"));
    }
    browser.press("Everything else");
    browser.tick("whether a code can be given away");
    browser.press("Create the card");
    browser.see("The card was created.");
}

fn holder(server: &TestServer, openid: &str) -> Browser {
    let phone = Browser::open(server, Device::Phone, "en");
    phone.go(&format!("/w/{}/who?next=/w/{}/cards", server.app.appid, server.app.appid));
    phone.fill("Another openid", openid);
    phone.press("Go on");
    phone.see("You have no cards here yet.");
    phone
}

#[test]
fn a_card_lives_from_form_to_review_claim_gift_till_and_chart() {
    let server = TestServer::manual();
    let desk = Browser::open(&server, Device::Desktop, "en");
    first_login(&server, &desk);
    make_card(&server, &desk, true);
    desk.see("In review");

    desk.press("To the review desk");
    desk.see("A new card: it has not passed before.");
    desk.press("Pass");
    desk.see("The card has passed.");
    desk.press("Cards");
    desk.press("Afternoon tea for two");
    desk.see("Passed");

    // The phone gets only the picture.
    let link = read_qr(&desk.picture_of("#claim-qr"));
    let mei = holder(&server, "oMei");
    mei.go(&link);
    mei.press("Claim");
    mei.see("It is yours.");
    let code: String = mei.text_of(".code-box .mono").split(' ').collect();
    mei.assert_quiet();

    mei.press("Give it to a friend");
    mei.see("Send this link to your friend.");
    let gift = mei.attr("#gift", "value");
    let li = holder(&server, "oLi");
    li.go(&gift);
    li.press("Take it");
    li.see("Your friend's gift is yours.");
    let code_of_friend: String = li.text_of(".code-box .mono").split(' ').collect();
    assert_ne!(code, code_of_friend);
    li.assert_quiet();

    let overview = Browser::open(&server, Device::Desktop, "en");
    overview.go("/console/login");
    overview.fill("Name", "owner");
    overview.fill("Password", PASSWORD);
    overview.press("Sign in");
    overview.see("Today so far");
    assert_eq!(overview.text_of("[data-figure=verify_cnt]"), "0");

    desk.press("Till");
    desk.fill("Code", &code_of_friend);
    desk.press("Look it up");
    desk.see("Can be used");
    desk.press("Consume");
    desk.see("Consumed.");
    desk.see("Can be undone until");

    // The page was not loaded again: the server sent the number.
    overview.see("Consumes\n1");
    overview.assert_quiet();

    desk.press("Cards");
    desk.press("Afternoon tea for two");
    desk.press("Change");
    desk.see("changing this sends the card back to review");
    desk.fill("what to do at the till", "Book a day ahead");
    desk.press("Look at the changes");
    desk.see("This sends the card back to review.");
    desk.see("Book a day ahead");
    desk.press("Save");
    desk.see("the card is in review again");
    desk.see("In review");
    desk.press("To the review desk");
    desk.see("Changed since it last passed");
    desk.assert_quiet();

    server.move_to(1, 60);
    server.close_days();
    let desk = Browser::open(&server, Device::Desktop, "en");
    desk.go("/console/login");
    desk.fill("Name", "owner");
    desk.fill("Password", PASSWORD);
    desk.press("Sign in");
    desk.press("Data");
    desk.choose("Cards made", "0");
    desk.press("Show");
    desk.see(&server.date(-1));
    assert_eq!(desk.attr("svg.chart", "aria-label"), "Claims, uses and views by day");
    desk.assert_quiet();
}

#[test]
fn everything_is_there_without_scripts() {
    let server = TestServer::start();
    let desk = Browser::open(&server, Device::Desktop, "en");
    desk.without_scripts();
    first_login(&server, &desk);
    desk.see("Today so far");
    make_card(&server, &desk, false);
    let link = read_qr(&desk.picture_of("#claim-qr"));
    let mei = Browser::open(&server, Device::Phone, "en");
    mei.without_scripts();
    mei.go(&link);
    mei.press("Claim");
    mei.press("oDemoMei");
    mei.press("Claim");
    mei.see("It is yours.");
    let code = mei.text_of(".code-box .mono");
    desk.press("Till");
    desk.fill("Code", &code);
    desk.press("Look it up");
    desk.press("Consume");
    desk.see("Consumed.");
    desk.press("Undo");
    desk.see("The consume was undone.");
}
