//! kaquan-server.
