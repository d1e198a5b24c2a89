//! `/card/paygiftmembercard`: the older calls for pay gift rules. They still work, and use the same rules. WeChat
//! manual: "支付即会员" (members by payment).

pub mod add;
pub mod delete;
pub mod get;
