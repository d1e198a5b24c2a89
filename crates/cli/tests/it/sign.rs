//! `kaquan sign check`: with a given ticket, and with the tickets of an app in a data folder.

use crate::support::{Server, create_app, printed, refused};
use serde_json::{Value, json};

const RIGHT: &str = "f137ab68b7f8112d20ee528ab6074564e2796250";
const VALUES: [&str; 4] =
    ["timestamp=1404896688", "card_id=pjZ8Yt1XGILfi-FUsewpnnolGgZk", "code=1434008071", "nonce_str=123"];

fn words<'a>(signature: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let ticket = "ojZ8YtyVyr30HheH3CM73y7h4jJE";
    let check = ["sign", "check", "--type", "card_ext", "--api-ticket", ticket, "--signature", signature];
    [&check[..], &VALUES[..], more].concat()
}

#[test]
fn a_right_signature_is_printed_with_the_signed_string() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = printed(dir.path(), &words(RIGHT, &[]));
    let string = "12314048966881434008071ojZ8YtyVyr30HheH3CM73y7h4jJEpjZ8Yt1XGILfi-FUsewpnnolGgZk";
    assert!(
        output.starts_with("right\nticket     newest\nvalue      123\n") && output.contains(string),
        "{output}"
    );
    let output: Value = serde_json::from_str(&printed(dir.path(), &words(RIGHT, &["--json"]))).expect("JSON");
    assert_eq!((&output["valid"], &output["string"]), (&json!(true), &json!(string)));
}

#[test]
fn a_wrong_signature_fails_and_names_the_mistake() {
    let dir = tempfile::tempdir().expect("a folder");
    let upper = RIGHT.to_uppercase();
    let (status, output) = refused(dir.path(), &words(&upper, &[]));
    assert_eq!(status, Some(1));
    assert!(output.contains("the signature is wrong"), "{output}");
    let (_, output) = refused(dir.path(), &words(RIGHT, &["colour=red"]));
    assert!(output.contains("colour is not a signed value; the values are timestamp"), "{output}");
}

#[test]
fn without_a_ticket_the_tickets_of_the_app_are_tried() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let token = server.token(&app);
    let check = |signature: &str| {
        let body = json!({"type": "card_ext", "timestamp": "1", "card_id": "p", "signature": signature});
        server.connect().must("/kaquan/v1/sign/check", &token, body)
    };
    let right = check("")["signature"].as_str().expect("text").to_owned();
    let words = ["sign", "check", "--type", "card_ext", "--signature", &right, "timestamp=1", "card_id=p"];
    assert!(printed(dir.path(), &words).starts_with("right"));
    let ext = json!({"timestamp": "1", "signature": right}).to_string();
    let words = ["sign", "check", "--type", "card_ext", "--app", &app.appid, "card_id=p", "--card-ext"];
    assert!(printed(dir.path(), &[&words[..], &[&ext]].concat()).starts_with("right"));
    let other = ext.replace("\"1\"", "\"2\"");
    refused(dir.path(), &[&words[..], &[&other]].concat());
    let (_, output) = refused(dir.path(), &[&words[..], &["{"]].concat());
    assert!(output.contains("card_ext"), "{output}");
    let (_, output) = refused(dir.path(), &["sign", "check", "--type", "jsapi", "--app", "wxnobody"]);
    assert!(output.contains("wxnobody"), "{output}");
}

#[test]
fn pages_and_chosen_cards_are_checked_without_a_data_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let nowhere = dir.path().join("nowhere");
    let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
    let page = [
        "noncestr=Wm3WZYTPz0wzccnW",
        "timestamp=1414587457",
        "url=http://mp.weixin.qq.com?params=value",
        "--signature=0f9de62fce790f9a083d5c99e95740ceb90c27ed",
    ];
    let check = ["sign", "check", "--type", "jsapi", "--api-ticket", ticket];
    printed(&nowhere, &[&check[..], &page].concat());
    let chosen = [
        "appid=wxb11529c136998cb6",
        "timestamp=1404896688",
        "nonceStr=123",
        "card_id=pjZ8Yt1XGILfi-FUsewpnnolGgZk",
        "cardType=GROUPON",
        "--signature=f0d727cd13e96f891f160066f03bf4b79442e752",
    ];
    let check = ["sign", "check", "--type", "choose_card", "--api-ticket", "ojZ8YtyVyr30HheH3CM73y7h4jJE"];
    printed(&nowhere, &[&check[..], &chosen].concat());
    assert!(!nowhere.exists(), "nothing is made");
}
