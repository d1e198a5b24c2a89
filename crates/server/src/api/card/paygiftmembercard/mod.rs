//! `/card/paygiftmembercard`: the older form of pay gift rules, which still works. It reads and writes the same rules.
//! WeChat manual: "支付即会员" (members by payment).

pub mod add;
pub mod delete;
pub mod get;
