//! Pictures that pages show of texts and numbers: QR codes, bar codes and charts.

pub mod barcode;
pub mod chart;
pub mod qr;
