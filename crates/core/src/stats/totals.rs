//! Completes a day: adds the totals of memberships, which depend on all days before, to the numbers from the day's
//! own events. WeChat manual: "卡券数据接口" (card statistics), `total_user` and `total_receive_user`.

use super::counts::{DayRow, MemberTotals, Scope};
use super::number::Counts;
use crate::time::Day;
use std::collections::BTreeMap;

/// The rows of a closed day, sorted by scope: those of the fold, with the totals of memberships. Scopes with members
/// or claimers but without events have a row too.
pub fn finish_day(day: Day, folded: &[(Scope, Counts)], totals: &[MemberTotals]) -> Vec<DayRow> {
    let mut rows: BTreeMap<Scope, Counts> = folded.iter().copied().collect();
    for totals in totals {
        let MemberTotals { scope, total_user, total_receive_user, new_user } = *totals;
        if total_user == 0 && total_receive_user == 0 && new_user == 0 && !rows.contains_key(&scope) {
            continue;
        }
        let counts = rows.entry(scope).or_default();
        (counts.total_user, counts.total_receive_user) = (total_user, total_receive_user);
        counts.new_user = new_user;
    }
    rows.into_iter().map(|(scope, counts)| DayRow { day, scope, counts }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Source;
    use crate::id::CardNo;

    fn totals(scope: Scope, total_user: i64, total_receive_user: i64, new_user: i64) -> MemberTotals {
        MemberTotals { scope, total_user, total_receive_user, new_user }
    }

    #[test]
    fn totals_join_the_rows_of_the_day_and_quiet_scopes_with_members_get_rows() {
        let busy = Counts { view_cnt: 3, view_user: 2, ..Counts::default() };
        let folded = [(Scope::Coupons(Source::Api), busy), (Scope::Card(CardNo(2)), busy)];
        let totals = [
            totals(Scope::Card(CardNo(9)), 0, 0, 0),
            totals(Scope::Card(CardNo(2)), 5, 6, 1),
            totals(Scope::Members(Source::Api), 86, 0, 0),
        ];
        let rows = finish_day(Day(7), &folded, &totals);
        let expected = [
            (Scope::Coupons(Source::Api), busy),
            (Scope::Members(Source::Api), Counts { total_user: 86, ..Counts::default() }),
            (Scope::Card(CardNo(2)), Counts { total_user: 5, total_receive_user: 6, new_user: 1, ..busy }),
        ];
        assert_eq!(rows, expected.map(|(scope, counts)| DayRow { day: Day(7), scope, counts }));
    }
}
