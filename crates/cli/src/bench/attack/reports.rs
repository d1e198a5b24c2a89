//! The attack with large answers: the report of all cards over the longest range, on several connections at once. The
//! client throws the bytes away, so that its own work stays small.

use super::{Shared, read, write};
use crate::Failure;
use kaquan_ledger::{Clock, SystemClock};
use serde_json::json;
use std::rc::Rc;

/// Reports that are requested at the same time.
pub const CONNECTIONS: usize = 8;
/// Days of a report.
const DAYS: i32 = 62;
/// The most bytes of one read.
const BUFFER: usize = 256 * 1024;
/// The end of a chunked body.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// Asks for one report after another.
pub async fn run(shared: Rc<Shared>) -> Result<(), Failure> {
    let today = SystemClock.now().day();
    let (from, to) = (today.plus(-DAYS).to_string(), today.plus(-1).to_string());
    let body = json!({"begin_date": from, "end_date": to, "cond_source": 1}).to_string();
    let path = shared.target.with_token("/datacube/getcardcardinfo");
    let request = shared.target.endpoint().last_post(&path, body.as_bytes());
    let mut buffer = vec![0; BUFFER];
    loop {
        let socket = shared.target.endpoint().socket().await?;
        write(&socket, &request).await?;
        let first = read(&socket, &mut buffer).await?;
        let begun = String::from_utf8_lossy(&buffer[..first]).contains("transfer-encoding: chunked");
        shared.count(begun);
        let (mut sent, mut tail) = (first as u64, Vec::new());
        loop {
            let read = read(&socket, &mut buffer).await?;
            if read == 0 {
                break;
            }
            sent += read as u64;
            tail.extend_from_slice(&buffer[read.saturating_sub(END.len())..read]);
            tail.drain(..tail.len().saturating_sub(END.len()));
            shared.bytes.set(shared.bytes.get() + read as u64);
        }
        if begun && tail != END {
            return Err(format!("a report was cut after {sent} bytes").into());
        }
    }
}
