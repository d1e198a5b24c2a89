//! Pictures for pages: QR codes, bar codes and charts.

pub mod barcode;
pub mod chart;
pub mod qr;
