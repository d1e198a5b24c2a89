//! The wallet's pages (`/w/…`): the holder's identity, claims, codes, gifts, and the activation form of a member
//! card.

mod activate;
mod benefit;
mod claim;
mod code;
mod gift;
mod identity;
mod landing;
mod repeats;

use crate::support::page::Surfer;
use crate::support::*;

/// A visitor with this openid of the first app.
pub fn holder<'a>(server: &'a TestServer, openid: &str) -> Surfer<'a> {
    let surfer = server.surfer();
    let who = format!("/w/{}/who", server.app.appid);
    let reply = surfer.submit(&who, &who, &[("openid", openid), ("next", "/w/x")]);
    assert_eq!((reply.status, reply.header("location")), (303, Some("/w/x")));
    surfer
}

/// The path of a URL of this server.
pub fn path(server: &TestServer, url: &str) -> String {
    url.strip_prefix(&format!("http://{}", server.address())).expect("an address of this server").to_owned()
}

/// Sends a form of this page to the page itself.
pub fn press(surfer: &Surfer<'_>, page: &str, fields: &[(&str, &str)]) -> http::Response {
    surfer.submit(page, page, fields)
}

/// Claims a card on its page, and returns the path of the code's page.
fn claim(server: &TestServer, surfer: &Surfer<'_>, card_id: &str) -> String {
    let claimed = press(surfer, &format!("/w/{}/card/{card_id}", server.app.appid), &[]);
    assert_eq!(claimed.status, 303, "{}", claimed.text());
    claimed.header("location").unwrap().split('?').next().unwrap().to_owned()
}

/// Collects the source files in a folder.
fn sources(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { sources(&path, found) } else { found.push(path) }
    }
}

#[test]
fn no_page_of_the_wallet_loads_every_card_or_record_of_an_app() {
    let mut found = Vec::new();
    sources(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/wallet")), &mut found);
    assert!(found.len() > 20);
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap();
        for all in ["store.cards(", "records::<", "store.records("] {
            assert!(!text.contains(all), "{}: {all}", path.display());
        }
    }
}
