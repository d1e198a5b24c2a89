//! The commands other than `serve`: before the first start, beside a running server, and after a server was killed.
//! Also their errors when they are used wrongly.

use crate::support::{Server, create_app, credentials, groupon, kaquan, printed, refused};
use serde_json::{Value, json};
use std::path::Path;

fn names(data: &Path) -> Vec<String> {
    let list: Value = serde_json::from_str(&printed(data, &["app", "list", "--json"])).expect("JSON");
    let apps = list.as_array().expect("a list").iter();
    apps.map(|app| app["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn apps_are_made_before_the_first_start_and_beside_a_running_server() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("not there yet");
    let before = create_app(&data, "before");
    let server = Server::start(&data);
    let beside = create_app(&data, "beside");
    for app in [&before, &beside] {
        let token = server.token(app);
        server.connect().must("/card/create", &token, groupon(1));
    }
    assert_eq!(names(&data), ["before", "beside"]);
    let text = printed(&data, &["app", "list"]);
    assert!(text.contains(&before.appid) && text.contains("review auto"), "{text}");
}

#[test]
fn a_new_secret_takes_the_place_of_the_old_and_tokens_live_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let old = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let token = server.token(&old);
    let rotated = printed(dir.path(), &["app", "rotate-secret", "--app", &old.appid, "--json"]);
    let new = credentials(&rotated);
    assert_eq!(new.appid, old.appid);
    assert_eq!(server.ask_token(&old)["errcode"], 40125);
    server.connect().must("/card/batchget", &token, json!({"offset": 0, "count": 1}));
    server.token(&new);
    let (_, output) = refused(dir.path(), &["app", "rotate-secret", "--app", "wxnobody"]);
    assert!(output.contains("wxnobody"), "{output}");
}

#[test]
fn settings_of_an_app_change_beside_a_running_server() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let set = |args: &[&str]| {
        let words = [&["app", "set", "--app", &app.appid, "--json"], args].concat();
        serde_json::from_str::<Value>(&printed(dir.path(), &words)).expect("JSON")
    };
    let first = set(&[]);
    assert_eq!((&first["review"], &first["gift_timeout_secs"]), (&json!("auto"), &json!(86_400)));
    let changed = set(&["--review", "manual", "--return-window", "0"]);
    assert_eq!((&changed["review"], &changed["return_window_secs"]), (&json!("manual"), &json!(0)));
    assert_eq!(changed["gift_timeout_secs"], 86_400, "a setting that is not named stays");
    let (mut client, token) = (server.connect(), server.token(&app));
    let card = client.must("/card/create", &token, groupon(1))["card_id"].clone();
    let claim = json!({"openid": "o1", "card_id": card});
    assert_eq!(client.post("/wallet/v1/claim", &token, &claim).expect("an answer")["errcode"], 40078);
    refused(dir.path(), &["app", "set", "--app", &app.appid, "--gift-timeout", "0"]);
}

#[test]
fn a_card_of_an_app_under_manual_review_waits() {
    let dir = tempfile::tempdir().expect("a folder");
    let made = printed(dir.path(), &["app", "create", "--name", "shop", "--review", "manual", "--json"]);
    let app = credentials(&made);
    let server = Server::start(dir.path());
    let (mut client, token) = (server.connect(), server.token(&app));
    let card = client.must("/card/create", &token, groupon(1))["card_id"].clone();
    let claim = json!({"openid": "o1", "card_id": card});
    assert_eq!(client.post("/wallet/v1/claim", &token, &claim).expect("an answer")["errcode"], 40078);
    client.must("/kaquan/v1/review", &token, json!({"card_id": card, "pass": true}));
    client.must("/wallet/v1/claim", &token, claim);
}

#[test]
fn days_are_closed_beside_a_running_server_and_without_one() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let expected = format!("{}: 0 days closed\n", app.appid);
    let close = ["stats", "close", "--log", "error"];
    let server = Server::start(dir.path());
    assert_eq!(printed(dir.path(), &close), expected);
    server.kill();
    assert_eq!(printed(dir.path(), &close), expected, "after a server that left its note behind");
    let server = Server::start(dir.path());
    server.terminate();
    assert!(server.ended().success());
    assert_eq!(printed(dir.path(), &close), expected);
    let (_, output) = refused(dir.path(), &["stats", "close", "--app", "wxnobody"]);
    assert!(output.contains("wxnobody"), "{output}");
}

#[test]
fn statistics_of_a_folder_without_closed_days_are_empty() {
    let dir = tempfile::tempdir().expect("a folder");
    create_app(dir.path(), "shop");
    let show = |format: &str| {
        let range = ["--from", "2026-01-01", "--to", "2026-01-31", "--format", format];
        printed(dir.path(), &[&["stats", "show"][..], &range].concat())
    };
    assert_eq!(serde_json::from_str::<Value>(&show("json")).expect("JSON"), json!([]));
    assert_eq!(show("csv").lines().count(), 1, "a head and nothing below it");
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let (code, output) = refused(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--log", "error"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("in use") && output.contains(server.host.as_str()), "{output}");
    server.token(&app);
    assert_eq!(
        printed(dir.path(), &["stats", "close", "--log", "error"]).lines().count(),
        1,
        "the note still stands"
    );
}

#[test]
fn the_printed_configuration_can_be_used_as_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("kaquan.toml");
    let config = printed(dir.path(), &["config"]);
    assert_eq!(config, include_str!("../../kaquan.default.toml"));
    std::fs::write(&file, &config).expect("written");
    let file = file.to_str().expect("text");
    assert_eq!(printed(dir.path(), &["config", "--config", file]), config);
    create_app(dir.path(), "shop");
    assert_eq!(printed(dir.path(), &["app", "list", "--config", file]).lines().count(), 1);
}

#[test]
fn wrong_words_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path();
    let file = data.join("kaquan.toml");
    std::fs::write(&file, "listn = \"127.0.0.1:1\"\n").expect("written");
    let (file, nowhere) = (file.to_str().expect("text"), data.join("nowhere"));
    for (args, exit, word) in [
        (&["serve", "--lisen", "127.0.0.1:0"][..], 2, "--lisen"),
        (&["serve", "--listen", "everywhere"], 2, "everywhere"),
        (&["serve", "--listen", "8080"], 2, "localhost:8080"),
        (&["serve", "--public-url", "https://cards.example/wx"], 2, "after the host"),
        (&["demo", "--days", "-1"], 2, "1..=366"),
        (&["serve", "--durability", "half"], 2, "half"),
        (&["serve", "--log", "in=fo=x", "--listen", "127.0.0.1:0"], 1, "log"),
        (&["app", "create"], 2, "--name"),
        (&["app", "create", "--name", "shop", "--review", "never"], 2, "never"),
        (&["stats", "show", "--from", "2026-1-1", "--to", "2026-01-02"], 2, "YYYY-MM-DD"),
        (&["app", "list", "--config", file], 1, "listn"),
        (&["app", "list", "--config", "no-such-file.toml"], 1, "no-such-file.toml"),
        (&["dance"], 2, "dance"),
    ] {
        let (code, output) = refused(data, args);
        assert_eq!(code, Some(exit), "{args:?}: {output}");
        assert!(output.contains(word), "{args:?}: {output}");
    }
    for args in [&["app", "list"][..], &["stats", "close"], &["app", "rotate-secret", "--app", "wx1"]] {
        let (_, output) = refused(&nowhere, args);
        assert!(output.contains("nowhere"), "{args:?}: {output}");
    }
    assert!(!nowhere.exists(), "a command that only looks makes no folder");
}

#[test]
fn names_of_accounts_and_apps_have_a_length_and_no_control_characters() {
    let dir = tempfile::tempdir().expect("a folder");
    create_app(dir.path(), &"a".repeat(64));
    create_app(dir.path(), &"名".repeat(42));
    let account = |name: &str| -> Vec<String> {
        ["account", "create", name, "--role", "clerk"].map(str::to_owned).to_vec()
    };
    let app = |name: &str| -> Vec<String> { ["app", "create", "--name", name].map(str::to_owned).to_vec() };
    for args in [
        account(""),
        account("a\u{7}b"),
        account(&"名".repeat(65)),
        app(""),
        app(&"a".repeat(65)),
        app(&"名".repeat(43)),
        app("a\u{7}b"),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(refused(dir.path(), &args).0, Some(1), "{args:?}");
    }
    let longest = account(&"名".repeat(64));
    printed(dir.path(), &longest.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn accounts_are_created_while_a_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    create_app(folder.path(), "shop");
    let server = Server::start(folder.path());
    let link = printed(folder.path(), &["account", "create", "mei", "--role", "clerk"]);
    let at = format!("http://{}/console/enter/", server.host);
    assert!(link.starts_with(&at), "{link}");
    let list = printed(folder.path(), &["account", "list"]);
    assert!(list.contains("owner  has not signed in yet  owner of every app"), "{list}");
    assert!(list.contains("mei  has not signed in yet  clerk of every app"), "{list}");
    assert_ne!(printed(folder.path(), &["account", "link", "MEI"]), link);
    printed(folder.path(), &["account", "disable", "mei"]);
    assert!(printed(folder.path(), &["account", "list"]).contains("mei  disabled"));
    printed(folder.path(), &["account", "enable", "mei"]);
    let (_, said) = refused(folder.path(), &["account", "disable", "owner"]);
    assert!(said.contains("the last owner of the server"), "{said}");
    let (_, said) = refused(folder.path(), &["account", "create", "Mei", "--role", "clerk"]);
    assert!(said.contains("already"), "{said}");
}

#[test]
fn account_links_use_the_public_url_and_empty_variables_are_unset() {
    let dir = tempfile::tempdir().expect("a folder");
    create_app(dir.path(), "shop");
    let printed_with = |args: &[&str], variables: &[(&str, &str)]| {
        let output = kaquan(dir.path(), args).envs(variables.iter().copied()).output().expect("kaquan runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let (create, link) = (["account", "create", "mei", "--role", "owner"], ["account", "link", "mei"]);
    let public = [("KAQUAN_PUBLIC_URL", "https://cards.example")];
    for args in [&create[..], &link] {
        let link_text = printed_with(args, &public);
        assert!(link_text.starts_with("https://cards.example/"), "{link_text}");
    }
    let link_text = printed_with(&[&link[..], &["--public-url", "https://other.example"]].concat(), &public);
    assert!(link_text.starts_with("https://other.example/"), "{link_text}");
    let names =
        ["PUBLIC_URL", "CONFIG", "DATABASE", "LOG", "LOG_FORMAT"].map(|name| format!("KAQUAN_{name}"));
    let empty: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let link_text = printed_with(&link, &empty);
    assert!(link_text.starts_with("http://127.0.0.1:8080/"), "{link_text}");

    let mut serve = kaquan(dir.path(), &["serve", "--listen", "127.0.0.1:0"]);
    for name in
        ["TRUSTED_PROXIES", "CALLBACK_IPS", "METRICS_LISTEN", "SANDBOX", "WORKERS", "DURABILITY", "WRITERS"]
    {
        serve.env(format!("KAQUAN_{name}"), "");
    }
    let server = Server::spawn(serve);
    server.terminate();
    assert!(server.ended().success());
}
