//! No secret is passed on. The tests search the bytes of both sides, the console, the metrics and the store for
//! secrets.

use super::*;
use kaquan_store::Role;

/// Every request to the original host, as bytes.
fn sent_up(original: &Original) -> Vec<u8> {
    let mut all = Vec::new();
    for call in original.arrived() {
        all.extend_from_slice(format!("{} {}\n{:?}\n", call.method, call.target, call.headers).as_bytes());
        all.extend_from_slice(&call.body);
    }
    all
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn nothing_of_kaquans_goes_up_and_nothing_of_the_accounts_comes_down() {
    let gate = Gate::open();
    let (token, app) = (gate.server.token(), &gate.server.app);
    let (appid, secret) = (&app.appid, &app.secret);
    let echo = |request: &original::Arrived| {
        let text =
            format!("{} {:?} {}", request.target, request.headers, String::from_utf8_lossy(&request.body));
        Mood::Json(json!({"errcode": 45000, "errmsg": text}))
    };
    let headers = [
        ("authorization", token.as_str()),
        ("cookie", token.as_str()),
        ("user-agent", token.as_str()),
        ("x-token", secret.as_str()),
        ("accept", "*/*"),
    ];
    let body = json!({"access_token": token, "appsecret": secret, "list": [token, secret], "text": "stays"});
    let long = format!("{}{token}{}", "y".repeat(1024 * 1024), "z".repeat(1000));
    let mut down = Vec::new();
    let mut ask = |method: &str, target: String, body: &[u8]| {
        let answer = gate.server.send(method, &target, &headers, body);
        down.extend_from_slice(format!("{:?}", answer.headers).as_bytes());
        down.extend_from_slice(&answer.body);
    };
    gate.original.answer(echo);
    ask("GET", format!("/cgi-bin/user/info?access_token={token}&again={token}&s={secret}&{token}=1"), b"");
    ask("POST", format!("/cgi-bin/menu/create?access_token={token}"), body.to_string().as_bytes());
    ask("POST", format!("/cgi-bin/media/upload?access_token={token}"), long.as_bytes());
    ask("GET", format!("/sns/oauth2/access_token?appid={appid}&secret={secret}&code=C&t={token}"), b"");
    ask("GET", format!("/sns/userinfo?access_token=U&openid=o&appid={appid}&t={token}&s={secret}"), b"");
    ask("GET", format!("/cgi-bin/ticket/getticket?access_token={token}&type=jsapi"), b"");
    for mood in [
        Mood::Whole(302, "text/html", real_token(1).into_bytes()),
        Mood::Whole(
            200,
            "text/plain",
            format!("{}{}{REAL_SECRET}", "p".repeat(70_000), real_token(1)).into_bytes(),
        ),
        Mood::Cut,
    ] {
        gate.original.always(mood);
        ask("GET", format!("/cgi-bin/user/get?access_token={token}"), b"");
    }
    gate.original.no_token(Some(Mood::Json(
        json!({"errcode": 1, "errmsg": format!("{REAL_SECRET} {}", real_token(1))}),
    )));
    gate.original.retire_token();
    ask("GET", format!("/cgi-bin/user/get?access_token={token}"), b"");
    let up = sent_up(&gate.original);
    assert!(
        has(&up, &real_token(1)) && has(&up, REAL_SECRET) && has(&up, "stays"),
        "the stand-in saw nothing"
    );
    assert!(!has(&up, &token), "kaquan's token went up");
    assert!(!has(&up, secret), "kaquan's secret went up");
    let page = gate.server.signed_in(Role::Owner).app_page("settings/upstream");
    let metrics = gate.server.send("GET", "/metrics", &[], b"").text().to_owned();
    let shown = gate.server.ok("/kaquan/v1/upstream/get", json!({})).to_string();
    let row = gate.server.store.upstream(app.id).unwrap().unwrap();
    let stored = [row.settings.as_bytes(), &row.secrets, &row.token].concat();
    let records = format!("{:?}", gate.server.changes(app));
    for bytes in
        [down.as_slice(), page.as_bytes(), metrics.as_bytes(), shown.as_bytes(), &stored, records.as_bytes()]
    {
        for hidden in [real_token(1), real_token(2), REAL_SECRET.to_owned()] {
            assert!(
                !has(bytes, &hidden),
                "{hidden} in {}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(2_000)])
            );
        }
    }
    assert!(metrics.contains("kaquan_gateway_calls_total{path=\"/cgi-bin/user/\",outcome="), "{metrics}");
}

#[test]
fn a_server_without_the_key_says_so_and_passes_nothing() {
    let mut gate = Gate::open();
    gate.server.restart_as(Start { secret_keys: "", ..Start::default() });
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == 48001 && reason.contains("KAQUAN_SECRET_KEY"), "{errcode} {reason}");
    let other = "QW5vdGhlciBrZXkgdGhhdCBoYXMgMzIgYnl0ZXMuLi4=";
    gate.server.restart_as(Start { secret_keys: other, ..Start::default() });
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == 48001 && reason.contains("another key"), "{errcode} {reason}");
    assert!(gate.original.arrived().is_empty());
    gate.server.restart();
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
}

#[test]
fn private_addresses_are_called_only_if_the_operator_allows_it() {
    let mut gate = Gate::open();
    gate.server.restart_as(Start { push_private: false, ..Start::default() });
    let (errcode, reason) = Gate::refusal(&gate.get("/cgi-bin/user/info", ""));
    assert!(errcode == -1 && reason.contains("--upstream-private"), "{errcode} {reason}");
    assert!(gate.original.arrived().is_empty());
}
