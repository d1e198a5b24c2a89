//! An original host that is down, silent, endless, cut or lying: every call ends, with a clear errcode or a cut answer.

use super::*;

/// Checks that the client can see that the answer was cut.
#[track_caller]
fn expect_cut(bytes: &[u8], least: usize) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    assert!(bytes.len() >= least, "{} bytes: {text}", bytes.len());
    assert!(!bytes.ends_with(b"\r\n0\r\n\r\n"), "half an answer looks whole");
}

#[test]
fn a_host_that_is_down_is_named_and_the_call_may_be_repeated() {
    let gate = Gate::open();
    gate.get("/cgi-bin/user/info", "");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    gate.set(json!({"url": format!("http://{closed}"), "secret": REAL_SECRET}));
    for answer in [gate.get("/cgi-bin/user/info", ""), gate.post("/cgi-bin/menu/create", &json!({}))] {
        let (errcode, reason) = Gate::refusal(&answer);
        assert!(errcode == -1 && reason.starts_with("upstream: "), "{errcode} {reason}");
    }
}

#[test]
fn a_silent_host_ends_a_call_in_time() {
    let gate = Gate::open();
    gate.original.always(Mood::Silent);
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == -1 && reason.contains("within 1 seconds"), "{errcode} {reason}");
    // A message may have been sent, so clients must not repeat it by themselves.
    let answer = gate.post("/cgi-bin/message/custom/send", &json!({"msgtype": "text"}));
    assert_eq!(Gate::refusal(&answer).0, i64::from(ErrCode::UpstreamFailed.number()));
    assert_eq!(gate.original.calls().len(), 2);
}

#[test]
fn a_get_that_was_cut_is_sent_once_more_and_a_post_is_not() {
    let gate = Gate::open();
    let mut calls = 0;
    gate.original.answer(move |_| {
        calls += 1;
        if calls == 1 { Mood::Cut } else { Mood::Json(json!({"errcode": 0, "calls": calls})) }
    });
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["calls"], 2);
    gate.original.always(Mood::Cut);
    assert_eq!(Gate::refusal(&gate.get("/cgi-bin/user/info", "")).0, -1);
    assert_eq!(gate.original.calls().len(), 4);
    let (errcode, _) = Gate::refusal(&gate.post("/cgi-bin/message/custom/send", &json!({"msgtype": "text"})));
    assert_eq!(errcode, i64::from(ErrCode::UpstreamFailed.number()));
    assert_eq!(gate.original.calls().len(), 5);
}

#[test]
fn an_endless_answer_is_cut() {
    let gate = Gate::open();
    gate.original.always(Mood::Endless);
    let bytes = gate.raw("/cgi-bin/media/get");
    expect_cut(&bytes, 31 * 1024 * 1024);
    assert!(bytes.len() < 34 * 1024 * 1024, "{}", bytes.len());
}

#[test]
fn an_answer_that_stops_is_cut() {
    let gate = Gate::open();
    gate.original.always(Mood::Stuck);
    expect_cut(&gate.raw("/cgi-bin/media/get"), 10);
    let last = gate.server.inner().gateway.recent(gate.server.app.id);
    assert!(last[0].fault.contains("in time"), "{last:?}");
}

#[test]
fn an_answer_that_is_shorter_than_it_says_is_cut() {
    let gate = Gate::open();
    gate.original.always(Mood::Lying(5_000));
    expect_cut(&gate.raw("/cgi-bin/media/get"), 10);
}

#[test]
fn an_answer_that_is_longer_than_it_says_spoils_no_later_one() {
    let gate = Gate::open();
    gate.original.always(Mood::Lying(-5_000));
    assert_eq!(gate.get("/cgi-bin/media/get", "").body, [b'x'; 5_000]);
    gate.original.always(Mood::Json(json!({"errcode": 0, "next": 1})));
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["next"], 1);
}

#[test]
fn an_answer_that_says_it_is_too_long_is_refused_before_any_byte() {
    let gate = Gate::open();
    gate.original.always(Mood::Huge);
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/media/get", ""));
    assert!(errcode == 61450 && reason.contains("32 MB"), "{errcode} {reason}");
}

#[test]
fn many_calls_at_once_to_a_silent_host_are_refused_and_the_rest_goes_on() {
    let gate = Gate::open();
    let token = gate.server.token();
    gate.get("/cgi-bin/user/info", "");
    gate.original.always(Mood::Silent);
    let (address, target) = (gate.server.address(), format!("/cgi-bin/user/info?access_token={token}"));
    let errcodes: Vec<_> = (0..80)
        .map(|_| {
            let target = target.clone();
            std::thread::spawn(move || {
                http::Client::connect(address).send("GET", &target, &[], b"").text().to_owned()
            })
        })
        .collect();
    let replies: Vec<String> = errcodes.into_iter().map(|it| it.join().unwrap()).collect();
    assert!(replies.iter().all(|reply| reply.contains("\"errcode\":-1")), "{replies:#?}");
    assert!(replies.iter().any(|reply| reply.contains("too many calls")));
    gate.original.always(Mood::Json(json!({"errcode": 0})));
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
}
