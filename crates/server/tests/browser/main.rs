//! The pages in a real Chromium, controlled through its WebDriver. The tests do what merchants and holders do, from
//! the first login to the chart of a day. They take pictures of every page in both languages, in light and dark mode,
//! and check accessibility. Everything is also tested without scripts. `cargo xtask browser` installs Chromium and
//! runs them.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

// The suite of wire tests uses all of it.
#[allow(dead_code, unused_imports, reason = "the suite of the wire uses all of it")]
#[path = "../it/support/mod.rs"]
mod support;

mod back;
mod browser;
mod driver;
mod journey;
mod pages;
