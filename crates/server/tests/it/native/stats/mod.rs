//! `/kaquan/v1/stats`: closing days.

mod close;
