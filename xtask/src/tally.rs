//! Counts passed, failed and skipped tests, and prints the table at the end of a run. A skipped test is always
//! counted with its name, so that a run shows what it left out.

use std::fmt;
use std::time::Duration;

/// The counts of one step or of a whole run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// The number of tests that passed.
    pub passed: u64,
    /// The number of tests that failed.
    pub failed: u64,
    /// Tests that could not run here, each with its name and the reason.
    pub skipped: Vec<String>,
    /// Optional steps that did not run, each with its name and the reason.
    pub not_run: Vec<String>,
}

impl Tally {
    /// One check that passed or failed.
    pub fn check(ok: bool) -> Self {
        Self { passed: u64::from(ok), failed: u64::from(!ok), ..Self::default() }
    }

    /// One test that could not run here. On a build machine it counts as a failure, because nothing may be missing
    /// there.
    pub fn skip(name: &str, reason: &str) -> Self {
        let line = format!("{name}: {reason}");
        if is_ci() {
            eprintln!("failed, because CI=true and this cannot be run here: {line}");
            return Self::check(false);
        }
        println!("skipped: {line}");
        Self { skipped: vec![line], ..Self::default() }
    }

    /// An optional step that did not run. It may be left out on a build machine too.
    pub fn leave_out(name: &str, reason: &str) -> Self {
        let line = format!("{name}: {reason}");
        println!("not run: {line}");
        Self { not_run: vec![line], ..Self::default() }
    }

    /// Whether nothing failed.
    pub fn ok(&self) -> bool {
        self.failed == 0
    }

    /// Adds another count to this one.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped);
        self.not_run.extend(other.not_run);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped.len())
    }
}

/// Whether this is a build machine, where a missing tool is a failure.
fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// A step of a run, for the table at the end.
pub struct Step {
    /// The heading of the step.
    pub name: &'static str,
    /// The counts of the step.
    pub tally: Tally,
    /// The duration of the step.
    pub took: Duration,
}

/// The table at the end of a run, with a line for each step.
pub fn table(steps: &[Step]) -> String {
    let width = steps.iter().map(|step| step.name.len()).max().unwrap_or(0).max("step".len());
    let mut out = format!("{:width$}  result      time  passed  failed  skipped\n", "step");
    for Step { name, tally, took } in steps {
        let result = match tally {
            Tally { failed: 1.., .. } => "FAILED",
            Tally { passed: 0, skipped, .. } if !skipped.is_empty() => "skipped",
            Tally { passed: 0, not_run, .. } if !not_run.is_empty() => "not run",
            _ => "ok",
        };
        let Tally { passed, failed, skipped, .. } = tally;
        let secs = format!("{:.1} s", took.as_secs_f64());
        let skipped = skipped.len();
        out += &format!("{name:width$}  {result:7}  {secs:>7}  {passed:>6}  {failed:>6}  {skipped:>7}\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_adds_up_and_keeps_the_names_of_skipped_parts() {
        let mut total = Tally::check(true);
        let skipped = vec!["conformance/wechatpy: no python3".into()];
        total.add(Tally { passed: 4, failed: 1, skipped, ..Tally::default() });
        assert_eq!(total.to_string(), "5 passed, 1 failed, 1 skipped");
        assert!(!total.ok());
        assert_eq!(total.skipped, ["conformance/wechatpy: no python3"]);
    }

    #[test]
    fn the_table_tells_a_failed_step_from_a_skipped_or_optional_one() {
        let step = |name, tally| Step { name, tally, took: Duration::from_millis(1500) };
        let skipped = Tally { skipped: vec!["x".into()], ..Tally::default() };
        let left_out = Tally::leave_out("tests on Citus", "no coordinator");
        assert!(left_out.ok());
        let text = table(&[
            step("tests", Tally::check(false)),
            step("conformance", skipped),
            step("tests on Citus", left_out),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "step            result      time  passed  failed  skipped");
        assert_eq!(lines[1], "tests           FAILED     1.5 s       0       1        0");
        assert_eq!(lines[2], "conformance     skipped    1.5 s       0       0        1");
        assert_eq!(lines[3], "tests on Citus  not run    1.5 s       0       0        0");
    }
}
