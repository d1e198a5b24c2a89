//! Shows on standard error how far a demo folder is filled: a bar on a terminal, otherwise a line from time to time.

use crate::out;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// The fewest progress lines of a long demo without a terminal. There can be twice as many.
const LINES: i32 = 8;

/// How far a demo folder is filled.
#[derive(Debug)]
pub struct Progress {
    days: i32,
    operations: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// The progress of a demo that fills this many days.
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

    /// A progress that shows nothing.
    #[cfg(test)]
    pub fn silent() -> Progress {
        Progress { days: 0, operations: 0, bar: Some(ProgressBar::hidden()) }
    }

    /// Reports that day number `day` is filled, with this many operations.
    pub fn day_filled(&mut self, day: i32, operations: u64) {
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

    /// Ends the bar.
    pub fn done(self) {
        if let Some(bar) = self.bar {
            bar.finish();
        }
    }
}
