//! Copying a store from a folder to a database and back. Also the commands for the log of a database.

use crate::nodes::Site;
use crate::support::{Server, create_app, groupon, kaquan, printed, run};
use kaquan_testkit::Schema;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Claims four codes of a new card and consumes one. Returns the card and the codes.
fn use_it(server: &Server, token: &str) -> (Value, Vec<Value>) {
    let mut client = server.connect();
    let card = client.must("/card/create", token, groupon(100))["card_id"].clone();
    let mut claim = |n: u8| {
        let claim = json!({"card_id": card, "openid": format!("o{n}")});
        client.must("/wallet/v1/claim", token, claim)["code"].clone()
    };
    let codes: Vec<Value> = (0..4).map(&mut claim).collect();
    client.must("/card/code/consume", token, json!({"code": codes[0]}));
    (card, codes)
}

fn copy(dir: &Path, from: &str, to: &str) -> std::process::Output {
    run(dir, &["copy", "--from", from, "--to", to])
}

#[test]
fn a_merchant_moves_from_a_folder_to_a_database_and_back_and_goes_on() {
    let (folder, back, schema) = (TempDir::new().unwrap(), TempDir::new().unwrap(), Schema::new());
    let app = create_app(folder.path(), "moving");
    let server = Server::start(folder.path());
    let (card, codes) = use_it(&server, &server.token(&app));
    let from = format!("sqlite:{}", folder.path().display());
    let refused = copy(folder.path(), &from, &schema.url());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("in use"), "{refused:?}");
    server.terminate();
    assert!(server.ended().success());

    let copied = copy(folder.path(), &from, &schema.url());
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let again = copy(folder.path(), &from, &schema.url());
    assert!(!again.status.success(), "there is something there now");

    let site = Site { dir: TempDir::new().unwrap(), url: schema.url(), app: app.clone() };
    let node = site.node();
    let mut client = crate::support::Client::open(&node.host).unwrap();
    let token = json!({"grant_type": "client_credential", "appid": app.appid, "secret": app.secret});
    let token = client.must_bare("/cgi-bin/stable_token", token)["access_token"].as_str().unwrap().to_owned();
    let shown = client.must("/card/get", &token, json!({"card_id": card}));
    assert_eq!(shown["card"]["groupon"]["base_info"]["sku"]["quantity"], 96);
    let again = client.post("/card/code/consume", &token, &json!({"code": codes[0]})).unwrap();
    assert_eq!(again["errcode"], 40099);
    client.must("/card/code/consume", &token, json!({"code": codes[1]}));
    let fifth =
        client.must("/wallet/v1/claim", &token, json!({"card_id": card, "openid": "o5"}))["code"].clone();
    assert!(!codes.contains(&fifth));
    node.kill();

    let to = format!("sqlite:{}", back.path().display());
    let copied = copy(back.path(), &schema.url(), &to);
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    let server = Server::start(back.path());
    let token = server.token(&app);
    let mut client = server.connect();
    let held = client.must("/card/user/getcardlist", &token, json!({"openid": "o5"}));
    assert_eq!(held["card_list"][0]["code"], fifth);
    client.must("/card/code/consume", &token, json!({"code": fifth}));
}

#[test]
fn a_copy_between_two_databases_is_refused_before_it_begins() {
    let dir = TempDir::new().unwrap();
    let none = "postgres://kaquan@127.0.0.1:9/kaquan";
    let refused = copy(dir.path(), none, none);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("pg_dump"));
}

#[test]
fn events_are_exported_to_a_file_other_programs_read() {
    let schema = Schema::new();
    let site = Site::new(schema.url());
    let node = site.node();
    let balancer = crate::nodes::balancer::Balancer::over([node.host.as_str()]);
    let mut client = crate::nodes::burst::Persistent::new(&site, &balancer);
    let card = client.ask("/card/create", &groupon(100))["card_id"].clone();
    let claimed = client.ask("/wallet/v1/claim", &json!({"card_id": card, "openid": "o1"}));
    let file = site.dir.path().join("events.parquet");
    let path = file.to_str().unwrap();
    assert!(site.printed(&["events", "export", "-o", path]).contains("events written"));

    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let rows: Vec<Vec<(String, Field)>> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
    let claim = rows.iter().find(|row| row[3].1 == Field::Str("claim".to_owned())).expect("the claim");
    let named = |name: &str| claim.iter().find(|(column, _)| column == name).map(|(_, field)| field.clone());
    let text = |value: &Value| Some(Field::Str(value.as_str().unwrap().to_owned()));
    assert_eq!((named("card_id"), named("code")), (text(&card), text(&claimed["code"])));
    assert_eq!(named("openid"), Some(Field::Str("o1".to_owned())));

    let csv = site.dir.path().join("events.csv");
    site.printed(&["events", "export", "--format", "csv", "-o", csv.to_str().unwrap()]);
    let lines = std::fs::read_to_string(&csv).unwrap();
    assert_eq!(lines.lines().count(), rows.len() + 1);
    assert!(lines.starts_with("\u{feff}event_id,at,day,kind,card_id,code,openid,"), "{lines}");

    let month = site.printed(&["events", "months"]).lines().next().unwrap().to_owned();
    let refused =
        crate::nodes::on_database(site.dir.path(), &site.url, &["events", "detach", "--month", &month])
            .output();
    assert!(String::from_utf8_lossy(&refused.unwrap().stderr).contains("not closed"));
}

#[test]
fn the_commands_for_months_are_refused_in_a_folder() {
    let folder = TempDir::new().unwrap();
    create_app(folder.path(), "first");
    for args in [&["events", "months"][..], &["events", "detach", "--month", "2026-09"]] {
        let output = kaquan(folder.path(), args).output().unwrap();
        assert!(String::from_utf8_lossy(&output.stderr).contains("has no months"), "{output:?}");
    }
    assert!(
        printed(folder.path(), &["migrate", "--print-citus"])
            .contains("create_distributed_table('codes', 'app_id'")
    );
    assert!(printed(folder.path(), &["migrate"]).contains("of this version"));
}
