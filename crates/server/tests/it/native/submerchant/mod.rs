//! kaquan's own calls about sub-merchants.

mod review;
