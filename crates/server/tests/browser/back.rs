//! The Back button of a real browser on the till page, and the camera button with and without a usable camera.

use super::browser::{Browser, Device};
use super::journey::first_login;
use crate::support::*;

/// Looks up a code, consumes it, undoes the consume, goes back twice, and consumes it again.
fn consume_after_going_back(scripts: bool) {
    let server = TestServer::start();
    // A picture that needs no network.
    let logo = json!({"logo_url": format!("http://{}/static/icon.svg", server.address())});
    let code = server.claim(&server.create(card_with("GROUPON", logo)), "oMei");
    let till = Browser::open(&server, Device::Phone, "en");
    if !scripts {
        till.without_scripts();
    }
    first_login(&server, &till);
    till.go(&format!("/console/{}/till", server.app.appid));
    till.fill("Code", &code);
    till.press("Look it up");
    till.press("Consume");
    till.see("Consumed.");
    till.press("Undo");
    till.see("The code can be used again.");
    till.back();
    if scripts {
        till.see("Can be used");
        assert!(!till.text().contains("Consumed."), "no success that was undone: {}", till.text());
    }
    till.back();
    till.see("Can be used");
    till.press("Consume");
    if !scripts {
        // The browser showed the old page with its old key.
        till.see("This was done before, at");
        till.see("Can be used");
        assert_eq!(server.state(&code).0, "NORMAL", "the page agrees with the store");
        till.press("Consume");
    }
    till.see("Consumed.");
    assert_eq!(server.state(&code).0, "CONSUMED", "the page agrees with the store");
    if scripts {
        till.assert_quiet();
    }
}

#[test]
fn the_page_reports_a_consume_truly_after_going_back_twice() {
    consume_after_going_back(true);
}

#[test]
fn without_scripts_the_page_reports_a_consume_truly_after_going_back() {
    consume_after_going_back(false);
}

/// A browser that can read codes, and has a camera.
const ABLE: &str = "window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code', 'code_128']; } };
    Object.defineProperty(navigator, 'mediaDevices', {value: {getUserMedia: async () => { throw new Error('refused'); }}});";
/// A page over plain HTTP of another host.
const INSECURE: &str = "Object.defineProperty(window, 'isSecureContext', {value: false});";
/// A browser that cannot read codes.
const UNABLE: &str = "delete window.BarcodeDetector;";

#[test]
fn the_camera_button_is_shown_where_it_can_work_else_a_note() {
    let server = TestServer::start();
    for (script, button, note) in [
        (UNABLE, false, "This browser cannot read codes"),
        (INSECURE, false, "only on https pages"),
        (ABLE, true, ""),
    ] {
        let till = Browser::open(&server, Device::Phone, "en");
        till.before_each_page(script);
        if server.store.account_by_name("owner").unwrap().is_some() {
            till.go("/console/login");
            till.fill("Name", "owner");
            till.fill("Password", crate::support::page::PASSWORD);
            till.press("Sign in");
            till.see("Overview");
        } else {
            first_login(&server, &till);
        }
        till.go(&format!("/console/{}/till", server.app.appid));
        till.see(if button { "Scan with the camera" } else { note });
        assert_eq!(till.shows("[data-scan]"), button, "{script}");
        assert_eq!(till.shows("[data-scan-note]"), !button, "{script}");
        if button {
            till.press("Scan with the camera");
            till.see("The camera could not be opened");
            assert!(!till.shows("[data-scan]"));
        }
    }
    let till = Browser::open(&server, Device::Phone, "en");
    till.without_scripts();
    till.go("/console/login");
    till.fill("Name", "owner");
    till.fill("Password", crate::support::page::PASSWORD);
    till.press("Sign in");
    till.go(&format!("/console/{}/till", server.app.appid));
    till.see("the page needs scripts");
    assert!(!till.shows("[data-scan]"));
}
