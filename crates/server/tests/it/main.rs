//! kaquan on the wire: a real server on a real socket, asked as WeChat's clients ask. Folders mirror the paths of the
//! API, so the tests of `POST /card/code/consume` are in `card/code/consume.rs`; `coverage` sees to it.

// All of this is tests, which clippy only believes of functions that are marked so.
#![allow(clippy::unwrap_used)]

mod card;
mod cgi_bin;
mod console;
mod coverage;
mod datacube;
mod doors;
mod native;
mod push;
mod support;
mod wallet;
mod wire;
