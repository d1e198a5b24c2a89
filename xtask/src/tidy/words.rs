//! Rules about words: plain words in comments and documents, and names of tests that fit into a line of a report.

use super::{File, Finding, Project};

// Each word is written in two parts, so that this file does not find itself. Most of these words describe parts of
// the software like people, or replace a standard term. The last two are former names.
const WORDS: [&str; 9] = [
    concat!("who", "ever"),
    concat!("no", "body"),
    concat!("some", "body"),
    concat!("a", "new"),
    concat!("to", "ld"),
    concat!("is o", "ver"),
    concat!("are o", "ver"),
    concat!("par", "cel"),
    concat!("nud", "ge"),
];
/// The longest name of a test, in characters.
const TEST_NAME_MAX: usize = 70;
/// The pronouns with which the name of a function does not begin.
const PRONOUNS: [&str; 2] = ["what_", "who_"];

/// Comments and documents do not contain the words above.
pub fn plain(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A released migration is never edited, and neither are its comments.
    for file in project.files.iter().filter(|file| !file.path.contains("/migrations/")) {
        for (number, text) in prose(file) {
            let text = text.to_lowercase();
            let word = WORDS.iter().find(|word| holds(&text, word));
            findings
                .extend(word.map(|word| Finding::new(file, number, format!("`{word}` is not a plain word"))));
        }
    }
    findings
}

/// The lines of a file that are text for people, with their numbers.
fn prose(file: &File) -> Vec<(usize, &str)> {
    let marks: &[&str] = match file.extension() {
        "md" => return document(file),
        "rs" | "js" | "java" | "go" => &["//", "/*", " * "],
        "sql" => &["--"],
        "toml" | "py" | "sh" | "" => &["#"],
        "html" => &["{#"],
        "css" => &["/*"],
        _ => return Vec::new(),
    };
    let comment = |line: &'_ str| marks.iter().filter_map(|mark| line.find(mark)).min();
    file.lines().filter_map(|(number, line)| Some((number, &line[comment(line)?..]))).collect()
}

/// The lines of a document, without its examples.
fn document(file: &File) -> Vec<(usize, &str)> {
    let mut example = false;
    let mut lines = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            example = !example;
        } else if !example {
            lines.push((number, line));
        }
    }
    lines
}

/// Whether a text in lower case contains the word as a whole word.
fn holds(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// A test's name is a sentence in plain words of at most 70 characters. Its subject is a noun and comes first.
pub fn test_names(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in project.with_extension("rs") {
        for (number, line) in file.lines() {
            let function = line.trim_start().trim_start_matches("pub ").trim_start_matches("async ");
            let name = function.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next());
            let problem = name.and_then(problem_of_name);
            findings.extend(problem.map(|problem| Finding::new(file, number, problem)));
        }
    }
    findings
}

fn problem_of_name(name: &str) -> Option<String> {
    if name.chars().count() > TEST_NAME_MAX {
        return Some(format!("a name of more than {TEST_NAME_MAX} characters"));
    }
    if let Some(pronoun) = PRONOUNS.iter().find(|pronoun| name.starts_with(*pronoun)) {
        return Some(format!("a name that begins with `{pronoun}`; begin with the part that acts"));
    }
    let words = name.replace('_', " ");
    let word = WORDS.iter().find(|word| holds(&words, word))?;
    Some(format!("`{word}` is not a plain word"))
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn a_word_is_found_in_comments_and_documents_only() {
        let word = WORDS[1];
        let rust =
            format!("//! {word} answers.\nlet x = \"{word}\"; // {word}\nlet {word}_1 = 2; // my_{word}\n");
        let page = format!("{word} knows.\n```sh\necho {word}\n```\n");
        let project = Project::of(&[("a.rs", &rust), ("b.md", &page), ("c.sql", &format!("-- {word}\n"))]);
        assert_eq!(places(&plain(&project)), ["a.rs:1", "a.rs:2", "b.md:1", "c.sql:1"]);
    }

    #[test]
    fn a_long_name_is_found() {
        let (good, bad) = ("a".repeat(70), "b".repeat(71));
        let project =
            Project::of(&[("a.rs", &format!("fn {good}() {{}}\n    async fn {bad}(x: u8) {{}}\n"))]);
        assert_eq!(places(&test_names(&project)), ["a.rs:2"]);
    }
    #[test]
    fn a_name_without_a_noun_at_its_beginning_is_found() {
        let [pronoun, _] = PRONOUNS;
        let text = format!("fn {pronoun}ends_is_logged() {{}}\nfn a_job_that_ends_is_logged() {{}}\n");
        assert_eq!(places(&test_names(&Project::of(&[("a.rs", &text)]))), ["a.rs:1"]);
    }

    #[test]
    fn a_name_with_a_word_that_is_not_plain_is_found() {
        let (word, words) = (WORDS[1], WORDS[5].replace(' ', "_"));
        let text = format!("fn {word}_answers() {{}}\nfn it_{words}() {{}}\nfn my{word}_answers() {{}}\n");
        assert_eq!(places(&test_names(&Project::of(&[("a.rs", &text)]))), ["a.rs:1", "a.rs:2"]);
    }
}
