//! Wire tests: a real server on a real socket, called in the way of WeChat's clients. Folders mirror the paths of the
//! API: the tests of `POST /card/code/consume` are in `card/code/consume.rs`. `coverage` checks this.

// The whole crate is tests, but clippy accepts this only in functions with a test attribute.
#![allow(clippy::unwrap_used)]

mod card;
mod cgi_bin;
mod console;
mod coverage;
mod datacube;
mod doors;
mod flows;
mod gateway;
mod native;
mod push;
mod support;
mod wallet;
mod wire;
