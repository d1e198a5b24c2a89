//! The binary as its users meet it: real processes, real folders, real sockets.

mod bench;
mod codes;
mod commands;
mod crash;
mod demo;
mod manual;
mod sign;
mod support;
