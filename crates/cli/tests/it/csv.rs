//! CSV files: every command that writes one begins it with the byte order mark for Excel, and leaves the mark out
//! with `--no-bom`.

use crate::support::{Server, create_app, create_card_with_imported_codes, kaquan, printed};
use std::path::Path;

const MARK: &str = "\u{feff}";

/// The commands with the flag `--no-bom`, according to their help.
fn commands_with_no_bom(dir: &Path) -> Vec<String> {
    let commands_of = |command: &[&str]| -> Vec<String> {
        let help = printed_help(dir, command);
        let list = help.split("Commands:\n").nth(1).unwrap_or_default();
        let names = list.lines().take_while(|line| !line.is_empty()).map(str::split_whitespace);
        names.filter_map(|mut words| words.next()).filter(|name| *name != "help").map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    for command in commands_of(&[]) {
        let parts = commands_of(&[&command]);
        let named: Vec<Vec<&str>> = match parts.is_empty() {
            true => vec![vec![&command]],
            false => parts.iter().map(|part| vec![command.as_str(), part]).collect(),
        };
        let with_option = named.iter().filter(|words| printed_help(dir, words).contains("--no-bom"));
        found.extend(with_option.map(|words| words.join(" ")));
    }
    found
}

fn printed_help(dir: &Path, command: &[&str]) -> String {
    let output = kaquan(dir, &[]).get_program().to_owned();
    let output = std::process::Command::new(output).args(command).arg("--help").output().expect("help");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_csv_begins_with_the_mark_for_spreadsheets_unless_no_bom() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = create_app(dir.path(), "shop");
    let server = Server::start(dir.path());
    let card_id = create_card_with_imported_codes(&server, &app);
    let path = |name: &str| dir.path().join(name).to_str().expect("text").to_owned();
    std::fs::write(path("codes"), "A1\nA1\n").expect("a file");
    let (codes, report, events) = (path("codes"), path("report.csv"), path("events.csv"));
    let commands: [(&str, Vec<&str>, Option<&str>); 4] = [
        ("codes export", vec!["--card", &card_id, "--format", "csv"], None),
        ("codes import", vec![&codes, "--card", &card_id, "--report", &report, "--force"], Some(&report)),
        ("events export", vec!["--format", "csv", "--output", &events, "--force"], Some(&events)),
        ("stats show", vec!["--from", "2026-01-01", "--to", "2026-01-31", "--format", "csv"], None),
    ];
    let mut named: Vec<&str> = commands.iter().map(|(name, ..)| *name).collect();
    let mut found = commands_with_no_bom(dir.path());
    named.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, named, "a new command has to be tried too");
    for (name, args, file) in commands {
        for (option, has_mark) in [(None, true), (Some("--no-bom"), false)] {
            let args: Vec<&str> = name.split(' ').chain(args.iter().copied()).chain(option).collect();
            let output = printed(dir.path(), &args);
            let text = file.map_or(output, |file| std::fs::read_to_string(file).expect("the file"));
            assert_eq!(text.starts_with(MARK), has_mark, "{args:?}: {text}");
            assert!(
                text.trim_start_matches(MARK).lines().next().expect("a header").contains(','),
                "{args:?}"
            );
        }
    }
}
