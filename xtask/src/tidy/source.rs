//! Rules about source files: their opening comment, their length, and texts that must not remain in them.

use super::{File, Finding, Project};

/// The largest number of lines of a file.
const LINES_MAX: usize = 500;
/// A file with more lines than this gets a note, before it reaches the limit.
const LINES_NOTE: usize = 400;
/// Extensions of source files, whose length is limited. Documents and lock files may have any length.
const SOURCE: [&str; 8] = ["css", "go", "html", "java", "js", "py", "rs", "sql"];

// Each text is written in two parts, so that this file does not find itself.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!"),
    concat!("un", "implemented!"),
    concat!("db", "g!"),
];
const IGNORE: &str = concat!("#[", "ignore");

/// Every Rust file begins with a `//!` comment about its purpose.
pub fn module_comments(project: &Project) -> Vec<Finding> {
    let silent = project.with_extension("rs").filter(|file| !file.text.starts_with("//!"));
    silent
        .map(|file| Finding::new(file, 1, "open with a `//!` comment that says what the file is for"))
        .collect()
}

/// No source file has more than 500 lines.
pub fn long_files(project: &Project) -> Vec<Finding> {
    let long = lengths(project).filter(|(_, lines)| *lines > LINES_MAX);
    long.map(|(file, lines)| Finding::new(file, lines, format!("more than {LINES_MAX} lines; take it apart")))
        .collect()
}

/// Source files that are close to the limit.
pub fn growing_files(project: &Project) -> Vec<Finding> {
    let growing = lengths(project).filter(|(_, lines)| (LINES_NOTE + 1..=LINES_MAX).contains(lines));
    growing.map(|(file, lines)| Finding::new(file, lines, format!("more than {LINES_NOTE} lines"))).collect()
}

fn lengths(project: &Project) -> impl Iterator<Item = (&File, usize)> {
    let source = project.files.iter().filter(|file| SOURCE.contains(&file.extension()));
    source.map(|file| (file, file.text.lines().count()))
}

/// No source has reminders of unfinished work, missing parts or debugging output.
pub fn unfinished(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &project.files {
        for (number, line) in file.lines() {
            let mark = UNFINISHED.iter().find(|mark| holds_word(line, mark));
            findings.extend(mark.map(|mark| Finding::new(file, number, format!("`{mark}`"))));
        }
    }
    findings
}

/// Whether the text contains the word as a whole word.
fn holds_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(part) && (word.ends_with('!') || !after.starts_with(part))
    })
}

/// No test is switched off in the source: a test that cannot run on some machine reports this when it runs. Tests
/// that need Citus run in their own step.
pub fn ignored_tests(project: &Project) -> Vec<Finding> {
    let lines = project.with_extension("rs").flat_map(|file| file.lines().map(move |line| (file, line)));
    let ignored =
        lines.filter(|(_, (_, line))| line.contains(IGNORE) && !line.contains(kaquan_testkit::COORDINATOR));
    ignored
        .map(|(file, (number, _))| Finding::new(file, number, "a test that never runs proves nothing"))
        .collect()
}

/// No line ends in white space.
pub fn trailing_space(project: &Project) -> Vec<Finding> {
    let lines = project.files.iter().flat_map(|file| file.lines().map(move |line| (file, line)));
    let spaced = lines.filter(|(_, (_, line))| line.ends_with(char::is_whitespace));
    spaced
        .map(|(file, (number, _))| Finding::new(file, number, "white space at the end of the line"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn a_rust_file_without_a_module_comment_is_found() {
        let project =
            Project::of(&[("a.rs", "//! Good.\n"), ("b.rs", "use std::fmt;\n"), ("c.py", "import os\n")]);
        assert_eq!(places(&module_comments(&project)), ["b.rs:1"]);
    }

    #[test]
    fn a_source_file_may_have_500_lines_and_not_501() {
        let (limit, over) = ("x\n".repeat(500), "x\n".repeat(501));
        let project =
            Project::of(&[("a.rs", &limit), ("b.py", &over), ("Cargo.lock", &over), ("manual.md", &over)]);
        assert_eq!(places(&long_files(&project)), ["b.py:501"]);
        assert_eq!(places(&growing_files(&project)), ["a.rs:500"]);
    }

    #[test]
    fn unfinished_marks_are_found_and_longer_words_are_not() {
        let [later, _, hole, _, trace] = UNFINISHED;
        let text = format!("// {later}: later\n{hole}()\nlet x = {trace}(y);\n{later}NOTHING my_{hole}\n");
        let project = Project::of(&[("a.rs", &text), ("b.md", "nothing\n")]);
        assert_eq!(places(&unfinished(&project)), ["a.rs:1", "a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn an_ignored_test_is_found_with_or_without_a_reason() {
        let text = format!("//! x\n{IGNORE}]\n{IGNORE} = \"slow\"]\nfn x() {{}}\n");
        assert_eq!(places(&ignored_tests(&Project::of(&[("a.rs", &text)]))), ["a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn white_space_at_the_end_of_a_line_is_found() {
        let project = Project::of(&[("a.toml", "a = 1\nb = 2 \n\t\nc = 3\n")]);
        assert_eq!(places(&trailing_space(&project)), ["a.toml:2", "a.toml:3"]);
    }
}
