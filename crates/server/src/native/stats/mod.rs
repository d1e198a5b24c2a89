//! `/kaquan/v1/stats`: the closing of days for the reports.

pub mod close;
