//! The binary as its users meet it: real processes, real folders, real sockets.

mod commands;
mod crash;
mod bench;
mod demo;
mod manual;
mod support;
