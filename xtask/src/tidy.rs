//! `cargo xtask tidy`: the rules of this repository that no compiler checks. Every rule is a function from the
//! project's files to findings, so that its tests need only text.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

use crate::tally::Tally;
use crate::{Result, workspace};

mod markdown;
mod portable;
mod source;
mod words;

/// A rule, with the sentence that it enforces.
struct Rule {
    name: &'static str,
    findings: fn(&Project) -> Vec<Finding>,
}

const RULES: [Rule; 10] = [
    Rule { name: "every Rust file opens with a module comment", findings: source::module_comments },
    Rule { name: "no source file has more than 500 lines", findings: source::long_files },
    Rule { name: "nothing is left to be done later", findings: source::unfinished },
    Rule { name: "no test is ignored", findings: source::ignored_tests },
    Rule { name: "no line ends in white space", findings: source::trailing_space },
    Rule { name: "nothing names a place on one machine or a package host", findings: portable::places },
    Rule { name: "comments and documents use plain words", findings: words::plain },
    Rule { name: "names of tests are short and plain", findings: words::test_names },
    Rule { name: "links between the documents lead somewhere", findings: markdown::links },
    Rule { name: "both READMEs have the same parts", findings: markdown::twins },
];

/// Runs the command.
pub fn run(args: &[String]) -> Result<bool> {
    crate::no_arguments(args)?;
    let tally = check()?;
    println!("{tally}");
    Ok(tally.ok())
}

/// Checks all rules. Each rule counts as one test.
pub fn check() -> Result<Tally> {
    let project = Project::read(&workspace::root())?;
    for note in source::growing_files(&project) {
        println!("note: {note}");
    }
    let mut tally = Tally::default();
    for Rule { name, findings } in RULES {
        let findings = findings(&project);
        println!("tidy: {name} ... {}", if findings.is_empty() { "ok" } else { "FAILED" });
        for finding in &findings {
            println!("  {finding}");
        }
        tally.add(Tally::check(findings.is_empty()));
    }
    Ok(tally)
}

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(file: &File, line: usize, message: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A file of text. Its path is relative to the root, with `/` between the parts.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The part of the file name after the last dot; empty for `Cargo` or `.ci/run`.
    fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|extension| extension.to_str()).unwrap_or("")
    }

    /// The lines with their numbers, from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(at, line)| (at + 1, line))
    }
}

/// The files of the project.
#[derive(Default)]
struct Project {
    /// The text files, with their content.
    files: Vec<File>,
    /// The paths of all files, and of the folders that contain them.
    paths: BTreeSet<String>,
}

impl Project {
    fn read(root: &Path) -> Result<Self> {
        let mut project = Self::default();
        for path in workspace::files(root)? {
            let bytes = std::fs::read(root.join(&path))?;
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            project.add(&parts.join("/"), String::from_utf8(bytes).ok());
        }
        Ok(project)
    }

    fn add(&mut self, path: &str, text: Option<String>) {
        let folders = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
        self.paths.extend(folders.chain([path.to_owned()]));
        self.files.extend(text.map(|text| File { path: path.to_owned(), text }));
    }

    fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn with_extension<'a>(&'a self, extension: &'a str) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(move |file| file.extension() == extension)
    }

    /// A project with the given files, for the tests of the rules.
    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let mut project = Self::default();
        for (path, text) in files {
            project.add(path, Some((*text).to_owned()));
        }
        project
    }
}

/// The findings as `path:line`, for the tests of the rules.
#[cfg(test)]
fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}
