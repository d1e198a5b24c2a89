//! Checks that every path of the API has tests. The tests of a path are in the file of the same name, and a route
//! without a file fails here. An errcode that no test expects fails too.

use crate::support::cards::CARD_TYPES;
use kaquan_core::card::CardType;
use kaquan_core::error::ErrCode;
use kaquan_server::router::routes;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The file with the tests of a path: `/card/code/get` is in `card/code/get.rs`. Native paths have no version in the
/// file name, and calls under `/kaquan` are in the folder `native`.
fn file_of(path: &str) -> String {
    let path = path.replace('-', "_").replace("/v1/", "/");
    match path.strip_prefix("/kaquan/") {
        Some(native) => format!("native/{native}"),
        None => path.trim_start_matches('/').to_owned(),
    }
}

fn existing(root: &Path, file: &str) -> Option<PathBuf> {
    [format!("{file}.rs"), format!("{file}/mod.rs")]
        .iter()
        .map(|file| root.join(file))
        .find(|file| file.exists())
}

/// Whether the modules above a file declare it. An undeclared file is not compiled.
fn is_reached(root: &Path, file: &str) -> bool {
    let mut above = String::new();
    file.split('/').all(|name| {
        let parent = match above.as_str() {
            "" => Some(root.join("main.rs")),
            above => existing(root, above),
        };
        above = if above.is_empty() { name.to_owned() } else { format!("{above}/{name}") };
        parent
            .and_then(|parent| fs::read_to_string(parent).ok())
            .is_some_and(|text| names_module(&text, name))
    })
}

/// Whether a file declares this module. If its name is a keyword of Rust, the declaration has the prefix `r#`.
fn names_module(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let declared = line.trim().strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        declared.is_some_and(|declared| declared.trim_start_matches("r#") == name)
    })
}

#[test]
fn every_route_has_a_file_of_tests_named_after_its_path() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut untested = Vec::new();
    for route in routes() {
        let file = file_of(route.path);
        let text = existing(&root, &file).and_then(|file| fs::read_to_string(file).ok());
        let has_tests = text.is_some_and(|text| text.contains("#[test]") && text.contains(route.path));
        if !has_tests || !is_reached(&root, &file) {
            untested.push(format!("{} belongs in tests/it/{file}.rs", route.path));
        }
    }
    assert!(untested.is_empty(), "paths without tests: {untested:#?}");
}

fn is_own(path: &str) -> bool {
    path.starts_with("/wallet/") || path.starts_with("/kaquan/")
}

#[test]
fn every_native_call_is_described_in_both_languages() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    for page in ["own-calls.md", "zh-CN/own-calls.md"] {
        let text = fs::read_to_string(docs.join(page)).unwrap();
        for route in routes().iter().filter(|route| is_own(route.path)) {
            let headings = text.lines().filter(|line| *line == format!("### {}", route.path)).count();
            assert_eq!(headings, 1, "{} in {page}", route.path);
        }
    }
}

#[test]
fn every_kind_of_card_is_in_the_suites_own_list() {
    let known: BTreeSet<&str> = CardType::ALL.iter().map(|kind| kind.wire()).collect();
    assert_eq!(CARD_TYPES.iter().copied().collect::<BTreeSet<_>>(), known);
}

/// Adds the code below a folder to `tests`, without comments and line breaks. Leaves out common tools, and files that
/// only list errcodes.
fn tests_below(folder: &Path, tests: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("support") || path.ends_with("coverage.rs") || path.ends_with("wire/refusal.rs") {
            continue;
        }
        if path.is_dir() {
            tests_below(&path, tests);
        } else {
            let file = fs::read_to_string(&path).unwrap();
            let code = file.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            tests.extend(code.flat_map(|line| [line, " "]));
        }
    }
}

/// Whether a test expects this errcode: by its name, or by its number as the last argument or the one before a
/// message.
fn is_expected(tests: &str, errcode: ErrCode) -> bool {
    let (name, number) = (format!("ErrCode::{errcode:?}"), format!(", {}", errcode.number()));
    let ends_word = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    let ends_argument = |rest: &str| [")", ", )", ", \""].iter().any(|end| rest.starts_with(end));
    tests.split(&name).skip(1).any(ends_word) || tests.split(&number).skip(1).any(ends_argument)
}

/// The errcode for a kind of JPEG that is not supported. The present decoder reports such a file as damaged.
const NOT_REACHED: ErrCode = ErrCode::InvalidImageFormat;

#[test]
fn every_errcode_of_the_table_is_expected_by_a_wire_test() {
    let mut tests = String::new();
    tests_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it"), &mut tests);
    let untested: Vec<_> = ErrCode::ALL.iter().filter(|errcode| !is_expected(&tests, **errcode)).collect();
    assert_eq!(untested, [&NOT_REACHED], "errcodes that no wire test expects");
}

#[test]
fn every_difference_from_the_manual_has_its_test() {
    let tests = std::process::Command::new(std::env::current_exe().expect("the path of this program"))
        .args(["--list", "--format", "terse"])
        .output()
        .expect("a list of tests");
    let tests = String::from_utf8(tests.stdout).expect("text");
    let tests: BTreeSet<&str> = tests.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    let rows = kaquan_server::differences::DIFFERENCES;
    let missing: Vec<_> = rows.iter().map(|row| row.test).filter(|test| !tests.contains(test)).collect();
    assert!(missing.is_empty(), "the table names tests that do not exist: {missing:#?}");
}
