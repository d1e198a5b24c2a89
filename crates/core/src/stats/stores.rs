//! Consumes by store: the sums of a range of closed days, with a row for the events without a store. Merchants use the
//! sums for bookkeeping, so the rows add up to the reports of all cards. Native API.

use super::counts::{DayRow, Scope};
use super::number::Counts;
use std::collections::BTreeMap;

/// The numbers of a store in a range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StoreRow {
    /// The store; `None` for events without a store.
    pub location_id: Option<i64>,
    /// Consumes of coupons and tickets, including those that were undone later.
    pub consumes: i64,
    /// Consumes that were undone. Each counts on the day on which it was undone.
    pub returns: i64,
    /// Uses of member cards.
    pub uses: i64,
    /// Sum paid with member cards, in fen.
    pub fee: i64,
    /// Sum due before reductions, in fen.
    pub original_fee: i64,
}

impl StoreRow {
    fn add(&mut self, of_members: bool, counts: &Counts, sign: i64) {
        match of_members {
            false => {
                self.consumes += sign * counts.verify_cnt;
                self.returns += sign * counts.return_cnt;
            }
            true => {
                self.uses += sign * counts.verify_cnt;
                self.fee += sign * counts.fee;
                self.original_fee += sign * counts.original_fee;
            }
        }
    }
}

/// Adds up the rows of a range of days by store. It takes all account-wide rows and all rows of stores of the range.
#[derive(Debug, Default)]
pub struct StoreSums {
    stores: BTreeMap<i64, StoreRow>,
    /// The account-wide numbers without those of the stores.
    rest: StoreRow,
}

impl StoreSums {
    /// Adds a row. Rows of cards do not count.
    pub fn add(&mut self, row: &DayRow) {
        let (location_id, of_members) = match row.scope {
            Scope::Coupons(_) => (None, false),
            Scope::Members(_) => (None, true),
            Scope::StoreCoupons(location_id) => (Some(location_id), false),
            Scope::StoreMembers(location_id) => (Some(location_id), true),
            Scope::Card(_) => return,
        };
        match location_id {
            None => self.rest.add(of_members, &row.counts, 1),
            Some(location_id) => {
                self.rest.add(of_members, &row.counts, -1);
                let new = StoreRow { location_id: Some(location_id), ..StoreRow::default() };
                self.stores.entry(location_id).or_insert(new).add(of_members, &row.counts, 1);
            }
        }
    }

    /// The rows of the stores by number, and last the row of the events without a store. So the sums are those of the
    /// reports, also for days that were closed before stores were counted. There is no row if the range has no numbers.
    pub fn finish(self) -> Vec<StoreRow> {
        let nothing = self.stores.is_empty() && self.rest == StoreRow::default();
        self.stores.into_values().chain((!nothing).then_some(self.rest)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Source;
    use crate::id::CardNo;
    use crate::time::Day;

    fn row(scope: Scope, verify_cnt: i64, return_cnt: i64, fee: i64) -> DayRow {
        let counts = Counts { verify_cnt, return_cnt, fee, original_fee: 2 * fee, ..Counts::default() };
        DayRow { day: Day(1), scope, counts }
    }

    fn by_store(rows: &[DayRow]) -> Vec<StoreRow> {
        let mut sums = StoreSums::default();
        rows.iter().for_each(|row| sums.add(row));
        sums.finish()
    }

    #[test]
    fn the_rows_of_stores_and_of_no_store_add_up_to_the_reports() {
        let rows = [
            row(Scope::Coupons(Source::Api), 10, 2, 0),
            row(Scope::Coupons(Source::Console), 5, 0, 0),
            row(Scope::Members(Source::Api), 4, 0, 900),
            row(Scope::Card(CardNo(1)), 10, 2, 0),
            row(Scope::StoreCoupons(7), 6, 1, 0),
            row(Scope::StoreCoupons(3), 1, 0, 0),
            row(Scope::StoreMembers(7), 3, 0, 800),
            row(Scope::StoreCoupons(7), 2, 0, 0),
        ];
        let of = |location_id, consumes, returns, uses, fee| StoreRow {
            location_id,
            consumes,
            returns,
            uses,
            fee,
            original_fee: 2 * fee,
        };
        let expected = [of(Some(3), 1, 0, 0, 0), of(Some(7), 8, 1, 3, 800), of(None, 6, 1, 1, 100)];
        assert_eq!(by_store(&rows), expected);
    }

    #[test]
    fn a_range_without_numbers_has_no_rows() {
        assert_eq!(by_store(&[]), []);
        let viewed = DayRow {
            day: Day(1),
            scope: Scope::Coupons(Source::Api),
            counts: Counts { view_cnt: 3, ..Counts::default() },
        };
        assert_eq!(by_store(&[viewed]), []);
    }
}
