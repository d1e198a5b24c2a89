//! `GET /card/getcolors`: the palette. WeChat manual: "获取卡券颜色列表接口" (colours of cards).

use crate::support::*;

const PALETTE: [(&str, &str); 14] = [
    ("Color010", "#63b359"),
    ("Color020", "#2c9f67"),
    ("Color030", "#509fc9"),
    ("Color040", "#5885cf"),
    ("Color050", "#9062c0"),
    ("Color060", "#d09a45"),
    ("Color070", "#e4b138"),
    ("Color080", "#ee903c"),
    ("Color081", "#f08500"),
    ("Color082", "#a9d92d"),
    ("Color090", "#dd6549"),
    ("Color100", "#cc463d"),
    ("Color101", "#cf3e36"),
    ("Color102", "#5E6671"),
];

#[test]
fn the_fourteen_colours_are_answered_by_get_and_by_post() {
    let server = TestServer::start();
    let colors: Vec<Value> =
        PALETTE.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    let expected = json!({"errcode": 0, "errmsg": "ok", "colors": colors});
    let target = format!("/card/getcolors?access_token={}", server.token());
    assert_eq!(server.send("GET", &target, &[], b"").text(), expected.to_string());
    for body in [&b""[..], b"{}", b"whatever"] {
        assert_eq!(server.send("POST", &target, &[], body).text(), expected.to_string());
    }
}

#[test]
fn the_palette_is_for_callers_with_a_token() {
    let server = TestServer::start();
    let reply = server.send("GET", "/card/getcolors", &[], b"").json();
    assert_eq!(reply["errcode"], 41001);
}
