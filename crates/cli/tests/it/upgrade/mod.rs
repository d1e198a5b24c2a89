//! A data folder and a database from the previous version open and work. That version wrote both on two days of
//! September 2026: a merchant with a permanent member card, a coupon, a coupon with deposited codes, and a closed
//! day.

use crate::nodes::on_database;
use crate::support::{Client, Credentials, Server};
use kaquan_testkit::Schema;
use serde_json::{Value, json};

const MEMBER: &str = "oMember000000000000000000001";
const HOLDER: &str = "oHolder000000000000000000001";
const OTHER: &str = "oHolder000000000000000000002";

/// The ids and codes in the rows.
struct Ids {
    appid: &'static str,
    secret: &'static str,
    member_card: &'static str,
    groupon: &'static str,
    cash: &'static str,
    member: &'static str,
    inactive: &'static str,
    consumed: &'static str,
    gift: &'static str,
    unavailable: &'static str,
}

const SQLITE: Ids = Ids {
    appid: "wxec4af0143a69c0c4",
    secret: "9e5b6b02d4130d89d219f695c904454d",
    member_card: "pzz0opW_6XqgMltrtJgEDCjVXy3D",
    groupon: "pzz0opWtGN9V5v__TKTFgMFLh16I",
    cash: "pzz0opWiza7gKVM0b3X0FmdZEF-s",
    member: "677308395506",
    inactive: "729203098896",
    consumed: "414046747597",
    gift: "787402385238",
    unavailable: "826054337465",
};

const POSTGRES: Ids = Ids {
    appid: "wx100cf1f261aa43b9",
    secret: "4057cf65ad0f1252f88ea7a676e31876",
    member_card: "p54gVLdcU25p4Nt4zDhZhMzMwUuC",
    groupon: "p54gVLdwvB8HurQq458_XgB5fglD",
    cash: "p54gVLdl5b-BbQAb52pujkekzZG8",
    member: "409982280205",
    inactive: "723942352373",
    consumed: "461872841725",
    gift: "693966154507",
    unavailable: "200976670909",
};

/// The merchant's calls on a server with the old rows.
struct Shop {
    ids: &'static Ids,
    client: Client,
    token: String,
}

impl Shop {
    fn of(server: &Server, ids: &'static Ids) -> Shop {
        let token = server.token(&Credentials { appid: ids.appid.to_owned(), secret: ids.secret.to_owned() });
        Shop { ids, client: server.connect(), token }
    }

    fn must(&mut self, path: &str, body: Value) -> Value {
        self.client.must(path, &self.token, body)
    }

    /// `code/get` without a check whether the code can be consumed.
    fn code(&mut self, card_id: &str, code: &str) -> Value {
        self.must("/card/code/get", json!({"card_id": card_id, "code": code, "check_consume": false}))
    }

    fn check_all(&mut self) {
        self.check_states();
        self.check_permanent_members();
        self.check_deposited_codes();
        self.check_reports();
        self.check_work_goes_on();
    }

    fn check_states(&mut self) {
        let ids = self.ids;
        for (code, openid, state) in [
            (ids.consumed, HOLDER, "CONSUMED"),
            (ids.gift, HOLDER, "GIFT_TIMEOUT"),
            (ids.unavailable, OTHER, "UNAVAILABLE"),
        ] {
            let got = self.code(ids.groupon, code);
            assert_eq!((&got["openid"], &got["user_card_status"]), (&json!(openid), &json!(state)), "{got}");
        }
    }

    /// Permanent members from the previous version stay permanent, with points, number and fields.
    fn check_permanent_members(&mut self) {
        let ids = self.ids;
        for code in [ids.member, ids.inactive] {
            let got = self.code(ids.member_card, code);
            let end = &got["card"]["end_time"];
            assert_eq!(
                (&got["user_card_status"], end),
                (&json!("NORMAL"), &json!(4_294_967_295_u32)),
                "{got}"
            );
        }
        let got = self
            .must("/card/membercard/userinfo/get", json!({"card_id": ids.member_card, "code": ids.member}));
        assert_eq!((&got["membership_number"], &got["bonus"]), (&json!("7001"), &json!(130)), "{got}");
        assert_eq!((&got["openid"], &got["has_active"]), (&json!(MEMBER), &json!(true)), "{got}");
        assert_eq!(got["user_info"]["custom_field_list"][0]["value"], "金", "{got}");
    }

    /// A deposited code with a blank at its end is found without the blank.
    fn check_deposited_codes(&mut self) {
        let cash = self.ids.cash;
        assert_eq!(self.code(cash, "A1")["openid"], "oHolder000000000000000000003");
        let consumed = self.must("/card/code/consume", json!({"card_id": cash, "code": "B2"}));
        assert_eq!(consumed["openid"], OTHER);
        let claimed = self.must("/wallet/v1/claim", json!({"card_id": cash, "openid": HOLDER}));
        assert_eq!(claimed["code"], "C3", "the one code that is left");
    }

    /// The closed day still has the numbers from the previous version.
    fn check_reports(&mut self) {
        let day = json!({"begin_date": "2026-09-01", "end_date": "2026-09-01", "cond_source": 1});
        let all = self.must_report("/datacube/getcardbizuininfo", day.clone());
        let numbers = ["view_cnt", "receive_cnt", "receive_user", "verify_cnt", "verify_user"];
        assert_eq!(numbers.map(|key| all[0][key].clone()), [1, 5, 3, 1, 1].map(Value::from), "{all}");
        let members = self.must_report("/datacube/getcardmembercardinfo", day);
        let numbers = ["receive_cnt", "active_user", "verify_cnt", "total_user", "total_receive_user"];
        assert_eq!(numbers.map(|key| members[0][key].clone()), [2, 1, 1, 1, 2].map(Value::from), "{members}");
    }

    fn must_report(&mut self, path: &str, body: Value) -> Value {
        let got = self.client.post(path, &self.token, &body).expect("an answer");
        assert!(got["list"].is_array(), "{path}: {got}");
        got["list"].clone()
    }

    /// Old members, codes and cards can be changed, and new codes can be claimed.
    fn check_work_goes_on(&mut self) {
        let ids = self.ids;
        let more = json!({"card_id": ids.member_card, "code": ids.member, "add_bonus": 5});
        assert_eq!(self.must("/card/membercard/updateuser", more)["result_bonus"], 135);
        let activation =
            json!({"card_id": ids.member_card, "code": ids.inactive, "membership_number": "7002"});
        self.must("/card/membercard/activate", activation);
        let new = self.must("/wallet/v1/claim", json!({"card_id": ids.groupon, "openid": "oNew"}));
        self.must("/card/code/consume", json!({"code": new["code"]}));
        let update = json!({"card_id": ids.groupon, "groupon": {"base_info": {"get_limit": 5}}});
        self.must("/card/update", update);
    }
}

#[test]
fn a_data_folder_of_the_version_before_opens_and_behaves() {
    let data = tempfile::tempdir().expect("a folder");
    let file = rusqlite::Connection::open(data.path().join("kaquan.db")).expect("a file");
    file.execute_batch(include_str!("sqlite.sql")).expect("the rows are written");
    drop(file);
    let server = Server::start(data.path());
    Shop::of(&server, &SQLITE).check_all();
}

#[test]
fn a_database_of_the_version_before_opens_and_behaves() {
    let schema = Schema::empty();
    schema.execute(include_str!("postgres.sql"));
    let args = ["serve", "--listen", "127.0.0.1:0", "--log", "error"];
    let dir = tempfile::tempdir().expect("a folder");
    let server = Server::spawn(on_database(dir.path(), &schema.url(), &args));
    Shop::of(&server, &POSTGRES).check_all();
}
