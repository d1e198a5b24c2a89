//! Tests of the binary as its users see it: real processes, folders and sockets.

mod bench;
mod codes;
mod commands;
mod copy;
mod crash;
mod csv;
mod demo;
mod doctor;
mod full_disk;
mod limits;
mod manual;
mod nodes;
mod push;
// This suite and the suite of the server share the receiver.
#[allow(dead_code, reason = "the suite of the server uses all of it")]
#[path = "../../../server/tests/it/support/receiver.rs"]
mod receiver;
mod restore;
mod rights;
mod sign;
mod support;
mod unfinished;
mod upgrade;
mod upstream;
