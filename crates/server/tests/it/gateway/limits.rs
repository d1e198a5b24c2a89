//! Bodies of both directions: large ones pass in pieces, and too large ones are refused.

use super::*;

const MB: usize = 1024 * 1024;

#[test]
fn a_large_answer_passes_without_a_length_and_is_whole() {
    let gate = Gate::open();
    gate.original.always(Mood::Chunked(20 * MB));
    let answer = gate.get("/cgi-bin/media/get", "");
    assert_eq!((answer.header("content-type"), answer.body.len()), (Some("video/mp4"), 20 * MB));
    assert!(answer.body.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8));
}

#[test]
fn a_large_upload_passes_whole_and_a_small_one_can_be_repeated() {
    let gate = Gate::open();
    gate.get("/cgi-bin/user/info", "");
    for size in [10, MB, MB + 1, 5 * MB] {
        let body: Vec<u8> = (0..size).map(|at| (at % 253) as u8).collect();
        let target = format!("/cgi-bin/media/upload?access_token={}&type=image", gate.server.token());
        let kind = [("content-type", "multipart/form-data; boundary=xyz")];
        assert_eq!(gate.server.send("POST", &target, &kind, &body).json()["errcode"], 0);
        let got = gate.original.calls().pop().unwrap();
        assert!(got.body == body, "{size}");
        assert_eq!(got.header("content-type"), kind[0].1);
        assert_eq!(got.header("content-length"), size.to_string());
    }
    // kaquan does not keep a large body. If the host refuses the token, the client has to repeat the call.
    let target = format!("/cgi-bin/media/upload?access_token={}&type=image", gate.server.token());
    gate.original.retire_token();
    let answer = gate.server.send("POST", &target, &[], &vec![0; 2 * MB]);
    assert_eq!(Gate::refusal(&answer).0, -1);
    assert_eq!(gate.server.send("POST", &target, &[], &vec![0; 2 * MB]).json()["errcode"], 0);
}

#[test]
fn an_upload_beyond_the_limit_is_refused() {
    let gate = Gate::open();
    let target = format!("/cgi-bin/media/upload?access_token={}", gate.server.token());
    let mut client = gate.server.connect();
    let head = format!("POST {target} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n", 33 * MB);
    let answer = client.send_and_hang_up(head.as_bytes()).expect("an answer");
    assert_eq!(Gate::refusal(&answer).0, 40035);
    assert!(gate.original.calls().is_empty());
}
