//! `kaquan codes`: a file of codes is imported into a folder or through its server, and exported again. Interrupted
//! imports are continued.

use crate::support::{
    Credentials, Server, create_app, create_card_with_imported_codes, groupon, kaquan, printed, refused,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use tempfile::TempDir;

/// A folder with an app and a card that issues imported codes.
struct Shop {
    dir: TempDir,
    app: Credentials,
    card: String,
}

impl Shop {
    fn open() -> Shop {
        let dir = tempfile::tempdir().expect("a folder");
        let app = create_app(dir.path(), "shop");
        let server = Server::start(dir.path());
        let card = create_card_with_imported_codes(&server, &app);
        stop(server);
        Shop { dir, app, card }
    }

    fn data(&self) -> &Path {
        self.dir.path()
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.data().join(name);
        std::fs::write(&path, content).expect("a file");
        path
    }

    fn import(&self, file: &Path, more: &[&str]) -> Value {
        let args = ["codes", "import", text(file), "--card", &self.card, "--json"];
        serde_json::from_str(&printed(self.data(), &[&args, more].concat())).expect("JSON")
    }

    fn export(&self, more: &[&str]) -> String {
        printed(self.data(), &[&["codes", "export", "--card", &self.card], more].concat())
    }

    fn stock(&self, server: &Server) -> i64 {
        let card =
            server.connect().must("/card/get", &server.token(&self.app), json!({"card_id": self.card}));
        card["card"]["groupon"]["base_info"]["sku"]["quantity"].as_i64().expect("a number")
    }

    fn begin_import(&self, file: &Path) -> Child {
        let mut command =
            kaquan(self.data(), &["codes", "import", text(file), "--card", &self.card, "--stock"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kaquan runs")
    }

    /// Waits until some codes of a file are imported, and returns how many.
    fn some_arrived(&self) -> usize {
        loop {
            let waiting = self.export(&["--state", "DEPOSITED"]).lines().count();
            if waiting > 0 {
                return waiting;
            }
        }
    }
}

fn stop(server: Server) {
    server.terminate();
    assert!(server.ended().success());
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a name")
}

fn many(codes: std::ops::Range<u32>) -> String {
    codes.fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "code-{n}");
        text
    })
}

/// So many codes that the import is still running when the test looks.
const MANY: u32 = 120_000;

#[test]
fn an_import_reports_codes_left_out_with_their_lines() {
    let shop = Shop::open();
    shop.import(&shop.file("earlier", "b\n"), &[]);
    let file = shop.file("codes", "\u{feff}a\r\n\r\nb\r\na\r\nx23456789012345678901\r\nc\r\n");
    let report = shop.data().join("report.csv");
    let summary = shop.import(&file, &["--stock", "--report", text(&report)]);
    let expected = json!({
        "lines": 5, "imported": 2, "imported_before": 1, "twice_in_file": 1, "rejected": 1, "resumed_from": 0,
    });
    assert_eq!(summary, expected);
    let expected = "\u{feff}line,code,reason,detail\n3,b,imported before,\n4,a,twice in the file,line 1\n\
                    5,x23456789012345678901,too long,21 bytes\n";
    assert_eq!(std::fs::read_to_string(&report).expect("a report"), expected);
    let server = Server::start(shop.data());
    assert_eq!(shop.stock(&server), 2, "b was there before");
    // A second run while the server runs prints the result again and imports nothing.
    std::fs::remove_file(&report).expect("gone");
    let again = shop.import(&file, &["--stock", "--report", text(&report)]);
    assert_eq!((&again["imported"], &again["resumed_from"]), (&json!(2), &json!(3)));
    assert_eq!(std::fs::read_to_string(&report).expect("a report"), expected);
    assert_eq!(shop.stock(&server), 2);
    assert_eq!(shop.export(&[]), "b\na\nc\n");
}

#[test]
fn a_report_is_never_its_input_and_replaces_a_file_with_force_only() {
    let shop = Shop::open();
    let file = shop.file("codes", "a\na\nb\n");
    let (link, hard) = (shop.data().join("link"), shop.data().join("hard"));
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    std::fs::hard_link(&file, &hard).expect("a link");
    for report in [&file, &link, &hard] {
        for force in [&[][..], &["--force"]] {
            let args = ["codes", "import", text(&file), "--card", &shop.card, "--report", text(report)];
            let error = refused(shop.data(), &[&args[..], force].concat()).1;
            assert!(error.contains("the file of codes itself"), "{error}");
            assert_eq!(std::fs::read_to_string(&file).expect("the codes"), "a\na\nb\n");
        }
    }
    let report = shop.file("report.csv", "precious");
    let args = ["codes", "import", text(&file), "--card", &shop.card, "--report", text(&report)];
    assert!(refused(shop.data(), &args).1.contains("--force"));
    assert_eq!(shop.export(&[]), "", "nothing was imported");
    assert_eq!(std::fs::read_to_string(&report).expect("as it was"), "precious");
    shop.import(&file, &["--report", text(&report), "--force"]);
    assert!(std::fs::read_to_string(&report).expect("a report").contains("twice in the file"));
    assert_eq!(shop.export(&[]), "a\nb\n");
}

#[test]
fn a_csv_and_the_standard_input_are_read_too() {
    let shop = Shop::open();
    let file = shop.file("codes.csv", "batch,code\n1,\"a,1\"\n2,b\n");
    assert_eq!(shop.import(&file, &[])["imported"], 2);
    let input = std::fs::File::open(shop.file("more", "c\n")).expect("a file");
    let mut command = kaquan(shop.data(), &["codes", "import", "-", "--card", &shop.card]);
    let output = command.stdin(input).output().expect("kaquan runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("imported           1\n"), "{output:?}");
    assert_eq!(shop.export(&[]), "a,1\nb\nc\n");
}

#[test]
fn an_import_into_the_folder_that_was_killed_goes_on_where_it_stopped() {
    let shop = Shop::open();
    shop.import(&shop.file("earlier", "code-7\ncode-119999\n"), &["--stock"]);
    let file = shop.file("codes", &many(0..MANY));
    let mut import = shop.begin_import(&file);
    while shop.some_arrived() <= 2 {}
    import.kill().expect("killed");
    import.wait().expect("ended");
    let arrived = shop.some_arrived();
    assert!(arrived < MANY as usize, "it was over before it was killed");
    expect_all(&shop, &file, arrived);
}

#[test]
fn an_import_through_a_server_that_was_killed_goes_on_where_it_stopped() {
    let shop = Shop::open();
    shop.import(&shop.file("earlier", "code-7\ncode-119999\n"), &["--stock"]);
    let file = shop.file("codes", &many(0..MANY));
    let server = Server::start(shop.data());
    let mut import = shop.begin_import(&file);
    while shop.some_arrived() <= 2 {}
    server.kill();
    assert!(!import.wait().expect("ended").success());
    let arrived = shop.some_arrived();
    assert!(arrived < MANY as usize, "it was over before the server was killed");
    let _server = Server::start(shop.data());
    expect_all(&shop, &file, arrived);
}

/// Continues an import of [`MANY`] codes, two of which existed before.
fn expect_all(shop: &Shop, file: &Path, arrived: usize) {
    let report = shop.data().join("report.csv");
    let summary = shop.import(file, &["--stock", "--report", text(&report)]);
    // The import has not reached the second of the two existing codes yet.
    assert_eq!(summary["resumed_from"], arrived - 1);
    assert_eq!((&summary["imported"], &summary["imported_before"]), (&json!(MANY - 2), &json!(2)));
    let report = std::fs::read_to_string(report).expect("a report");
    assert_eq!(
        report,
        "\u{feff}line,code,reason,detail\n8,code-7,imported before,\n120000,code-119999,imported before,\n"
    );
    let there: BTreeSet<String> = shop.export(&[]).lines().map(str::to_owned).collect();
    assert_eq!(there, many(0..MANY).lines().map(str::to_owned).collect());
    let json: Value = serde_json::from_str(&shop.export(&["--format", "json"])).expect("JSON");
    assert_eq!(json.as_array().expect("a list").len(), MANY as usize, "each of them once");
}

#[test]
fn an_export_has_waiting_and_claimed_codes_with_holder_and_state() {
    let shop = Shop::open();
    shop.import(&shop.file("codes", "a\nb\nc\nd\n"), &["--stock"]);
    let server = Server::start(shop.data());
    let (mut client, token) = (server.connect(), server.token(&shop.app));
    for (openid, code) in [("o1", "a"), ("o2", "b"), ("o3", "c")] {
        let claim = client.must("/wallet/v1/claim", &token, json!({"openid": openid, "card_id": shop.card}));
        assert_eq!(claim["code"], code);
    }
    client.must("/card/code/consume", &token, json!({"code": "b", "card_id": shop.card}));
    assert_eq!(shop.export(&[]), "d\na\nb\nc\n");
    assert_eq!(shop.export(&["--state", "normal,DEPOSITED"]), "d\na\nc\n");
    let json = shop.export(&["--format", "json", "--state", "CONSUMED"]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json[0]["code"], &json[0]["openid"]), (&json!("b"), &json!("o2")));
    let csv = shop.export(&["--format", "csv", "--state", "DEPOSITED"]);
    assert_eq!(csv.lines().nth(1), Some("d,DEPOSITED,,,,,,"));
    // This also works without a running server.
    stop(server);
    assert_eq!(shop.export(&[]), "d\na\nb\nc\n");
}

#[test]
fn a_code_that_looks_like_a_formula_is_harmless_in_a_sheet_and_comes_back() {
    let (shop, other) = (Shop::open(), Shop::open());
    let codes = "=1+1\n-5\n-5+1\n@a\n'=b\nplain\n";
    shop.import(&shop.file("codes", codes), &[]);
    let for_people = shop.export(&["--format", "csv"]);
    let for_programs = shop.export(&["--format", "csv", "--no-bom"]);
    assert_eq!(for_people.strip_prefix('\u{feff}'), Some(&*for_programs));
    let cells: Vec<&str> = for_programs.lines().map(|line| line.split(',').next().expect("a cell")).collect();
    assert_eq!(cells, ["code", "'=1+1", "-5", "'-5+1", "'@a", "''=b", "plain"]);
    assert_eq!(other.import(&other.file("codes.csv", &for_people), &[])["imported"], 6);
    assert_eq!(other.export(&[]), codes);
    let report = other.data().join("report.csv");
    other.import(&other.file("again", "=1+1\n"), &["--report", text(&report)]);
    let (output, mode) = (std::fs::read_to_string(&report), std::fs::metadata(&report).expect("a file"));
    assert!(output.expect("a report").contains("\n1,'=1+1,imported before,"));
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&mode) & 0o777, 0o600);
}

#[test]
fn an_impossible_import_or_export_names_the_reason() {
    let shop = Shop::open();
    let file = shop.file("codes", "a\n");
    let import = |more: &[&str]| refused(shop.data(), &[&["codes", "import"], more].concat()).1;
    assert!(import(&[text(&file), "--card", "pNobody"]).contains("pNobody"));
    assert!(import(&["not-there", "--card", &shop.card]).contains("not-there"));
    let report = ["--report", "/not/there/at/all"];
    assert!(import(&[&[text(&file), "--card", &shop.card][..], &report].concat()).contains("/not/there"));
    assert_eq!(shop.export(&[]), "", "nothing was done");
    shop.import(&file, &["--stock"]);
    let output = import(&[text(&file), "--card", &shop.card]);
    assert!(output.contains("40097") && output.contains("began with it"), "{output}");
    let server = Server::start(shop.data());
    let created = server.connect().must("/card/create", &server.token(&shop.app), groupon(1));
    let system = created["card_id"].as_str().expect("a card");
    let output = import(&[text(&file), "--card", system]);
    assert!(output.contains("40078"), "{output}");
    let output = refused(shop.data(), &["codes", "export", "--card", system, "--state", "LOST"]).1;
    assert!(output.contains("LOST") && output.contains("DEPOSITED"), "{output}");
}
