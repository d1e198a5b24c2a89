//! Tells on standard error how far the filling has come: a bar on a terminal, a line now and then elsewhere.

use crate::out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// Lines of progress without a terminal.
const LINES: i32 = 8;

/// How far a filling has come.
#[derive(Debug)]
pub struct Progress {
    days: i32,
    operations: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A filling of so many days begins.
    pub fn new(days: i32) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let length = u64::try_from(days).unwrap_or(0);
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("filling {bar:40} day {pos} of {len}  {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Progress { days, operations: 0, bar }
    }

    /// A progress that is not shown.
    #[cfg(test)]
    pub fn silent() -> Progress {
        Progress { days: 0, operations: 0, bar: Some(ProgressBar::hidden()) }
    }

    /// Day number `day` is done, after so many operations.
    pub fn day(&mut self, day: i32, operations: u64) {
        self.operations += operations;
        let text = format!("{} operations", self.operations);
        match &self.bar {
            Some(bar) => {
                bar.set_message(text);
                bar.set_position(u64::try_from(day).unwrap_or(0));
            }
            None if day == 1 || day == self.days || day % (self.days / LINES).max(1) == 0 => {
                out::error(&format!("filling: day {day} of {}, {text}", self.days));
            }
            None => {}
        }
    }

    /// The folder is filled.
    pub fn done(self) {
        if let Some(bar) = self.bar {
            bar.finish();
        }
    }
}
