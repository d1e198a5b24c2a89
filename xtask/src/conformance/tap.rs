//! The output of a suite: TAP, the Test Anything Protocol, which test runners of every language support. The output
//! is passed to the terminal, and its tests are counted here.

use std::process::Command;

use crate::tally::Tally;
use crate::{Result, process};

/// The counts of a suite so far.
#[derive(Default)]
struct Report {
    tally: Tally,
    /// The number of tests in the plan, a line `1..N`.
    plan: Option<u64>,
}

/// Runs a suite and counts its tests.
pub fn run(name: &str, command: &mut Command) -> Result<Tally> {
    let mut report = Report::default();
    let ok = process::run_lines(command, |line| report.line(name, line))?;
    Ok(report.finish(name, ok))
}

impl Report {
    fn line(&mut self, name: &str, line: &str) {
        if let Some(count) = line.strip_prefix("1..") {
            self.plan = count.split_whitespace().next().and_then(|count| count.parse().ok());
        } else if is_point(line, "not ok") {
            self.tally.add(Tally::check(false));
        } else if is_point(line, "ok") {
            match line.split_once(" # SKIP") {
                Some((test, reason)) => {
                    self.tally.add(Tally::skip(&format!("{name}: {test}"), reason.trim()))
                }
                None => self.tally.add(Tally::check(true)),
            }
        }
    }

    /// A suite that stops early has failed, even if all its results so far were good.
    fn finish(self, name: &str, ok: bool) -> Tally {
        let Self { mut tally, plan } = self;
        let said = tally.passed + tally.failed + tally.skipped.len() as u64;
        if plan != Some(said) {
            println!(
                "not ok - {name} says how many tests it has and runs them all (plan {plan:?}, ran {said})"
            );
            tally.add(Tally::check(false));
        } else if !ok && tally.ok() {
            println!("not ok - {name} ends with status 0");
            tally.add(Tally::check(false));
        }
        tally
    }
}

/// Whether the line is a test result of this kind. Indented lines belong to a test within a test.
fn is_point(line: &str, kind: &str) -> bool {
    line.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str, ok: bool) -> (u64, u64) {
        let mut report = Report::default();
        text.lines().for_each(|line| report.line("suite", line));
        let tally = report.finish("suite", ok);
        (tally.passed, tally.failed)
    }

    #[test]
    fn results_are_counted_and_diagnostics_are_not() {
        let text = "1..3\nok 1 - a\n  ---\n  ok: not a result\n  ...\nnot ok 2 - b\n    ok 1 - inner\n# okay\nok 3 - c\n";
        assert_eq!(counted(text, false), (2, 1));
    }

    #[test]
    fn a_suite_that_stops_half_way_has_failed() {
        assert_eq!(counted("1..2\nok 1 - a\n", true), (1, 1));
        assert_eq!(counted("", false), (0, 1));
        assert_eq!(counted("ok 1 - a\n", true), (1, 1));
    }

    #[test]
    fn a_suite_that_ends_badly_after_good_tests_has_failed() {
        assert_eq!(counted("1..1\nok 1 - a\n", false), (1, 1));
        assert_eq!(counted("1..1\nok 1 - a\n", true), (1, 0));
    }
}
