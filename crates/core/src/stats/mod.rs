//! What is counted: the numbers of a day, how a day's events become exact counts, and the four reports.
//! WeChat manual: "卡券数据接口" (card statistics).

pub mod counts;

pub use counts::{Counts, DayRow, MemberStep, MemberTotals, Scope, StepKind};
