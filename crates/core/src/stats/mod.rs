//! Statistics: the numbers of a day, folding a day's events into exact counts, and the four reports.
//! WeChat manual: "卡券数据接口" (card statistics).

mod card_facts;
mod collect;
mod counts;
mod distinct;
mod fold;
mod metric;
#[cfg(test)]
mod naive;
mod number;
mod range;
pub mod report;
mod rows;
mod stores;
mod today;
mod totals;

pub use rows::{BizUinRow, CardRow, MemberCardRow, MemberCardsRow};

pub use card_facts::CardFacts;
pub use counts::{DayRow, MemberStep, MemberTotals, Scope, StepKind};
pub use fold::{EVENTS_PER_PASS, FoldedDay, Scan, ScannedEvent, fold_day, passes_for};
pub use number::{Counts, Number};
pub use range::{DateRange, cond_source};
pub use stores::{StoreRow, StoreSums};
pub use today::Today;
pub use totals::finish_day;
