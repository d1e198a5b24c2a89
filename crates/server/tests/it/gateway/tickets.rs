//! The ticket of type `jsapi` comes from the original host, whose JS-SDK checks signatures with it. kaquan itself
//! issues the ticket of type `wx_card`.

use super::*;

const PATH: &str = "/cgi-bin/ticket/getticket";

#[test]
fn the_ticket_of_pages_is_the_original_hosts_and_that_of_cards_ours() {
    let gate = Gate::open();
    let own = gate.get(PATH, "&type=wx_card").json();
    let real = json!({"errcode": 0, "errmsg": "ok", "ticket": "REAL_JS_TICKET", "expires_in": 7200});
    gate.original.always(Mood::Json(real.clone()));
    for answer in [gate.get(PATH, "&type=jsapi"), gate.get(PATH, ""), gate.post(PATH, &json!({}))] {
        assert_eq!(answer.text(), real.to_string());
    }
    assert_eq!(gate.get(PATH, "&type=wx_card").json(), own);
    let calls = gate.original.calls();
    assert!(calls.len() == 3 && calls.iter().all(|call| call.query("type") == Some("jsapi")));
    assert!(calls.iter().all(|call| call.query("access_token") == Some(real_token(1).as_str())));
}

#[test]
fn without_the_path_on_the_list_the_ticket_of_pages_is_kaquans() {
    let gate = Gate::open();
    gate.set(json!({"refuse": [PATH]}));
    assert!(gate.get(PATH, "&type=jsapi").json()["ticket"].is_string());
    assert!(gate.original.arrived().is_empty());
}

#[test]
fn qr_codes_of_the_chat_are_the_original_hosts_and_those_of_cards_ours() {
    let gate = Gate::open();
    let real = json!({"ticket": "REAL_QR_TICKET", "expire_seconds": 60, "url": "http://weixin.qq.com/q/x"});
    gate.original.always(Mood::Json(real.clone()));
    let scene = json!({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "海报"}}});
    assert_eq!(gate.post("/cgi-bin/qrcode/create", &scene).text(), real.to_string());
    let calls = gate.original.calls();
    assert_eq!((calls.len(), calls[0].json()), (1, scene));
    let card = json!({"action_name": "QR_CARD", "action_info": {"card": {"card_id": "pNone"}}});
    assert_eq!(gate.post("/cgi-bin/qrcode/create", &card).json()["errcode"], 40073);
    assert_eq!(gate.original.calls().len(), 1);
}
