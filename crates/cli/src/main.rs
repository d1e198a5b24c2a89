//! The `kaquan` binary.

fn main() {}
