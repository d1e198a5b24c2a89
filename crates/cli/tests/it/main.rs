//! The binary as its users meet it: real processes, real folders, real sockets.

mod demo;
mod manual;
