//! `POST /cgi-bin/clear_quota/v2`: the same call, with the secret in place of a token.

use crate::support::*;

#[test]
fn appid_and_secret_stand_for_a_token() {
    let server = TestServer::start();
    let (appid, secret) = (server.app.appid.clone(), server.app.secret.clone());
    let clear = |body: Value| {
        let headers = [("content-type", "application/json")];
        server.send("POST", "/cgi-bin/clear_quota/v2", &headers, body.to_string().as_bytes()).json()
    };
    for (body, errcode) in [
        (json!({"appid": appid, "appsecret": secret}), 0),
        (json!({"appid": appid, "appsecret": "x"}), 40125),
        (json!({"appid": "wx0", "appsecret": secret}), 40013),
        (json!({"appid": appid}), 41004),
        (json!({"appsecret": secret}), 41002),
    ] {
        assert_eq!(clear(body.clone())["errcode"], errcode, "{body}");
    }
}
