//! The developer commands of kaquan.

fn main() {}
