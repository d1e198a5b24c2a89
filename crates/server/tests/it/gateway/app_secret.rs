//! Web authorization and the login of mini programs: calls with appid and secret, or with a person's token.

use super::*;

impl Gate {
    fn plain(&self, target: &str) -> Value {
        self.server.send("GET", target, &[], b"").json()
    }
}

#[test]
fn appid_and_secret_are_checked_and_replaced() {
    let gate = Gate::open();
    let user =
        json!({"access_token": "USER_TOKEN", "openid": "o1", "expires_in": 7200, "scope": "snsapi_base"});
    gate.original.always(Mood::Json(user.clone()));
    let (appid, secret) = (&gate.server.app.appid, &gate.server.app.secret);
    for path in ["/sns/oauth2/access_token", "/sns/jscode2session"] {
        let query = format!("appid={appid}&secret={secret}&code=C&js_code=J&grant_type=authorization_code");
        assert_eq!(gate.plain(&format!("{path}?{query}")), user);
        let got = gate.original.calls().pop().unwrap();
        assert_eq!((got.query("appid"), got.query("secret")), (Some(REAL_APPID), Some(REAL_SECRET)));
        assert_eq!((got.query("code"), got.query("access_token")), (Some("C"), None));
        let before = gate.original.calls().len();
        for (query, errcode) in [
            (format!("secret={secret}&code=C"), 41002),
            (format!("appid={appid}&code=C"), 41004),
            (format!("appid=wx0&secret={secret}&code=C"), 40013),
            (format!("appid={appid}&secret=wrong&code=C"), 40125),
            (format!("appid={REAL_APPID}&secret={REAL_SECRET}&code=C"), 40013),
        ] {
            assert_eq!(gate.plain(&format!("{path}?{query}"))["errcode"], errcode, "{query}");
        }
        assert_eq!(gate.original.calls().len(), before);
    }
    assert_eq!(gate.original.token_requests(), 0);
}

#[test]
fn a_persons_token_passes_as_it_is() {
    let gate = Gate::open();
    let refused = json!({"errcode": 40001, "errmsg": "invalid credential"});
    gate.original.always(Mood::Json(refused.clone()));
    assert_eq!(gate.plain("/sns/userinfo?access_token=USER_TOKEN&openid=o1&lang=zh_CN"), refused);
    assert_eq!(gate.original.calls()[0].query("access_token"), Some("USER_TOKEN"));
    let refresh = format!("/sns/oauth2/refresh_token?appid={}&refresh_token=R", gate.server.app.appid);
    assert_eq!(gate.plain(&refresh), refused);
    let got = gate.original.calls().pop().unwrap();
    assert_eq!((got.query("appid"), got.query("refresh_token")), (Some(REAL_APPID), Some("R")));
    // The token of an app is not the token of a person, so it must not be sent to the original host.
    let own = format!("/sns/userinfo?access_token={}&openid=o1", gate.server.token());
    assert_eq!(gate.plain(&own)["errcode"], 40001);
    assert_eq!((gate.original.calls().len(), gate.original.token_requests()), (2, 0));
}

#[test]
fn strangers_cannot_take_the_places_of_the_apps_own_calls() {
    let gate = Gate::open();
    gate.get("/cgi-bin/user/info", "");
    gate.original.answer(|request| match request.path() {
        "/sns/userinfo" => Mood::Silent,
        _ => Mood::Json(json!({"errcode": 0})),
    });
    let address = gate.server.address();
    let strangers: Vec<_> = (0..40)
        .map(|_| {
            let call = move || {
                let target = "/sns/userinfo?access_token=STRANGER&openid=o1";
                http::Client::connect(address).send("GET", target, &[], b"").text().to_owned()
            };
            std::thread::spawn(call)
        })
        .collect();
    assert_eq!(gate.get("/cgi-bin/user/info", "").json()["errcode"], 0);
    let replies: Vec<String> = strangers.into_iter().map(|it| it.join().unwrap()).collect();
    assert!(replies.iter().any(|reply| reply.contains("too many calls")), "{replies:#?}");
    let target = "/sns/auth?access_token=U&openid=o";
    let long = vec![b'x'; 17 * 1024];
    assert_eq!(gate.server.send("POST", target, &[], &long).json()["errcode"], 40035);
}

#[test]
fn a_persons_token_needs_an_appid_if_apps_have_different_hosts() {
    let gate = Gate::open();
    let (other, elsewhere) = (gate.server.second_app(), Original::start());
    gate.server.ok_as(&other, "/kaquan/v1/upstream/set", upstream(&elsewhere));
    let userinfo = "/sns/userinfo?access_token=USER_TOKEN&openid=o1";
    assert_eq!(gate.plain(userinfo)["errcode"], 41002);
    assert_eq!(gate.plain(&format!("{userinfo}&appid={}", other.appid))["errcode"], 0);
    assert_eq!((gate.original.calls().len(), elsewhere.calls().len()), (0, 1));
}
