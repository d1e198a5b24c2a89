//! The pages in a real Chromium, driven through its WebDriver: what a merchant and a holder do, from the first login to a
//! day that is charted; pictures of every page in both languages, in light and dark; accessibility; and everything once
//! more without scripts. `cargo xtask browser` sees to Chromium and runs them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

// The suite of the wire uses all of it.
#[allow(dead_code, unused_imports, reason = "the suite of the wire uses all of it")]
#[path = "../it/support/mod.rs"]
mod support;

mod back;
mod browser;
mod driver;
mod journey;
mod pages;
