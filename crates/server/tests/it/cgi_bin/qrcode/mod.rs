//! `/cgi-bin/qrcode`.

mod create;
