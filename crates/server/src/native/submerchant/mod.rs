//! `/kaquan/v1/submerchant`: native calls on sub-merchants.

pub mod review;
