//! The attacks with imports: each app imports new codes for its card as fast as the server accepts them. [`files`] uses
//! the call for files, and [`deposits`] the call of merchants' servers.

use super::Shared;
use crate::Failure;
use crate::bench::cards::scatter;
use crate::bench::wire::errcode;
use kaquan_core::code::{CODES_PER_CALL, CODES_PER_CHUNK};
use serde_json::json;
use std::rc::Rc;

/// Number of apps that import at the same time.
pub const APPS: usize = 3;
/// Number of codes in a file.
const CODES_PER_FILE: u64 = 100_000;

/// Codes in scattered order. Attacks with different tags have different codes.
fn codes(tag: u32, from: u64, count: usize) -> Vec<String> {
    (from..).take(count).map(|n| format!("{:016x}", scatter(u64::from(tag) << 32 | n))).collect()
}

/// Imports one file after another.
pub async fn files(shared: Rc<Shared>, tag: u32) -> Result<(), Failure> {
    let (mut wire, head) = (shared.target.open().await?, shared.target.head("/kaquan/v1/code/import"));
    let card_id = &shared.attacker.cards[0];
    for n in 0_u64.. {
        for from in (0..CODES_PER_FILE).step_by(CODES_PER_CHUNK) {
            let codes = codes(tag, n * CODES_PER_FILE + from, CODES_PER_CHUNK);
            let file = format!("{tag:08x}-{n}");
            let body = json!({"card_id": card_id, "file": file, "from": from, "code": codes});
            shared.count(errcode(wire.post(&head, body.to_string().as_bytes()).await?) == 0);
        }
    }
    Ok(())
}

/// Imports codes call by call.
pub async fn deposits(shared: Rc<Shared>, tag: u32) -> Result<(), Failure> {
    let (mut wire, head) = (shared.target.open().await?, shared.target.head("/card/code/deposit"));
    let card_id = &shared.attacker.cards[0];
    for from in (0..).step_by(CODES_PER_CALL) {
        let body = json!({"card_id": card_id, "code": codes(tag, from, CODES_PER_CALL)});
        shared.count(errcode(wire.post(&head, body.to_string().as_bytes()).await?) == 0);
    }
    Ok(())
}
