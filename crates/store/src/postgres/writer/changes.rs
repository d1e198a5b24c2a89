//! The changed rows of a batch, as array parameters of a few statements. The number of statements does not grow with
//! the rows.

use super::super::connect::{Call, Param};
use super::super::sql;
use super::card_cache::{CardCache, revision_step};
use crate::card_list;
use crate::error::{Result, StoreError};
use crate::row::custom_code_columns;
use kaquan_core::card::Card;
use kaquan_core::code::Code;
use kaquan_core::engine::{Change, RecordKey, RecordKind, StoredRecord, WorkingSet};
use kaquan_core::event::Event;
use kaquan_core::id::{CardNo, CodeText, OpenId};
use kaquan_core::member::Member;
use std::collections::BTreeMap;
use tokio_postgres::types::ToSql;

/// A column of a statement: one value for each row.
type Column<'a> = Box<dyn ToSql + Sync + 'a>;

/// The changed rows of one app.
pub(super) struct Changes<'a> {
    app: i64,
    statements: Vec<(&'static str, Vec<Column<'a>>)>,
}

/// Collects one value of each row into a column.
macro_rules! columns {
    ($rows:expr, $($row:pat => $value:expr),* $(,)?) => {
        vec![$(Box::new($rows.iter().map(|$row| $value).collect::<Vec<_>>()) as Column<'_>,)*]
    };
}

impl<'a> Changes<'a> {
    /// The changes of a set. `cards` has the cards as they were loaded.
    pub fn of(set: &'a WorkingSet, cards: &CardCache) -> Result<Changes<'a>> {
        let mut changes = Changes { app: set.app.id.0, statements: Vec::new() };
        changes.cards(set, cards)?;
        changes.codes(set);
        changes.custom_codes(set);
        changes.pools(set);
        changes.members(set);
        changes.records(set);
        changes.events(&set.events);
        let counters = &set.counters;
        changes.statements.push((
            sql::SET_COUNTERS,
            vec![
                Box::new(counters.card_no),
                Box::new(counters.code_seq),
                Box::new(counters.event_seq),
                Box::new(counters.latest.0),
            ],
        ));
        Ok(changes)
    }

    /// The statements with their parameters; the app is the first parameter.
    pub fn calls(&self) -> impl Iterator<Item = Call<'_>> {
        self.statements.iter().map(|(sql, columns)| {
            let app: Param<'_> = &self.app;
            (*sql, std::iter::once(app).chain(columns.iter().map(|column| &**column as Param<'_>)).collect())
        })
    }

    fn add(&mut self, sql: &'static str, any: bool, columns: impl FnOnce() -> Vec<Column<'a>>) {
        if any {
            self.statements.push((sql, columns()));
        }
    }

    fn cards(&mut self, set: &'a WorkingSet, known: &CardCache) -> Result<()> {
        let app = set.app.id;
        let status = |no| known.last(app, no).map(|(last, _)| last.status);
        if let Some(version) = card_list::new_version(set, status)? {
            let kind = i64::from(RecordKind::CardList.number());
            self.statements.push((sql::SET_CARD_LIST_VERSION, vec![Box::new(kind), Box::new(version)]));
        }
        let (mut new, mut stocks, mut documents): (Vec<_>, Vec<_>, Vec<_>) = Default::default();
        for (no, card, change) in set.cards.changed() {
            if change == Change::Inserted {
                new.push((card, document(card)?));
                continue;
            }
            let last = known.last(app, *no).map(|(last, _)| last);
            let step = revision_step(last, card);
            if step > 0 {
                documents.push((card, document(card)?));
            }
            stocks.push((card, step));
        }
        self.add(sql::INSERT_CARDS, !new.is_empty(), || {
            columns![new,
                (card, _) => card.no.0, (card, _) => card.id.as_str(), (card, _) => i64::from(card.card_type.number()),
                (card, _) => i64::from(card.source.number()), (card, _) => i64::from(card.status.number()),
                (card, _) => card.refuse_reason.as_str(), (card, _) => card.created_at.0,
                (card, _) => card.updated_at.0, (_, document) => document.clone(),
            ]
        });
        self.add(
            sql::INSERT_STOCKS,
            !new.is_empty(),
            || columns![new, (card, _) => card.no.0, (card, _) => card.quantity, (card, _) => card.total],
        );
        self.add(sql::UPDATE_STOCKS, !stocks.is_empty(), || {
            columns![stocks, (card, _) => card.no.0, (card, _) => card.quantity, (card, _) => card.total,
                (_, step) => *step]
        });
        self.add(sql::UPDATE_CARDS, !documents.is_empty(), || {
            columns![documents, (card, _) => card.no.0, (card, _) => i64::from(card.status.number()),
                (card, _) => card.refuse_reason.as_str(), (card, _) => card.updated_at.0,
                (_, document) => document.clone()]
        });
        Ok(())
    }

    fn codes(&mut self, set: &'a WorkingSet) {
        let (mut inserted, mut updated): (Vec<&Code>, Vec<&Code>) = Default::default();
        for (_, code, change) in set.codes.changed() {
            if change == Change::Inserted { inserted.push(code) } else { updated.push(code) }
        }
        for (sql, mut codes) in [(sql::INSERT_CODES, inserted), (sql::UPDATE_CODES, updated)] {
            // Sorted by number, so that new rows are always added at the end of the table's index.
            codes.sort_unstable_by_key(|code| code.seq);
            self.add(sql, !codes.is_empty(), || code_columns(&codes));
        }
    }

    fn custom_codes(&mut self, set: &'a WorkingSet) {
        let (mut inserted, mut updated): (Vec<_>, Vec<_>) = Default::default();
        for ((card, text), custom, change) in set.custom_codes.changed() {
            let (kind, seq, place) = custom_code_columns(*custom);
            let row = (*card, text, i64::from(kind), seq, place);
            if change == Change::Inserted { inserted.push(row) } else { updated.push(row) }
        }
        inserted.sort_unstable_by_key(|row| (row.0, row.1));
        self.add(sql::INSERT_CUSTOM_CODES, !inserted.is_empty(), || {
            columns![inserted, row => row.0.0, row => row.1.as_str(), row => row.2, row => row.3, row => row.4]
        });
        // The place in the queue remains when a code is drawn, so that drawing does not change the queue's index.
        self.add(
            sql::UPDATE_CUSTOM_CODES,
            !updated.is_empty(),
            || columns![updated, row => row.0.0, row => row.1.as_str(), row => row.2, row => row.3],
        );
    }

    fn pools(&mut self, set: &'a WorkingSet) {
        let (mut inserted, mut updated): (Vec<_>, Vec<_>) = Default::default();
        for (card, pool, change) in set.pools.changed() {
            let row: (CardNo, i64, i64) = (*card, pool.deposited, pool.drawn);
            if change == Change::Inserted { inserted.push(row) } else { updated.push(row) }
        }
        for (sql, rows) in [(sql::INSERT_POOLS, inserted), (sql::UPDATE_POOLS, updated)] {
            self.add(sql, !rows.is_empty(), || columns![rows, row => row.0.0, row => row.1, row => row.2]);
        }
    }

    fn members(&mut self, set: &'a WorkingSet) {
        let members: Vec<&Member> = set.members.changed().map(|(_, member, _)| member).collect();
        self.add(sql::PUT_MEMBERS, !members.is_empty(), || {
            columns![members,
                member => member.code.0, member => member.membership_number.as_str(),
                member => member.active_at.map(|at| at.0), member => member.bonus, member => member.balance,
                member => member.custom_field_values[0].as_str(), member => member.custom_field_values[1].as_str(),
                member => member.custom_field_values[2].as_str(), member => member.background_pic_url.as_str(),
            ]
        });
    }

    fn records(&mut self, set: &'a WorkingSet) {
        let (mut inserted, mut updated): (Vec<_>, Vec<_>) = Default::default();
        for (key, record, change) in set.records.changed() {
            if change == Change::Inserted {
                inserted.push((key, record))
            } else {
                updated.push((key, record))
            }
        }
        inserted.sort_unstable_by_key(|(key, _)| *key);
        for (sql, rows) in [(sql::INSERT_RECORDS, inserted), (sql::UPDATE_RECORDS, updated)] {
            self.add(sql, !rows.is_empty(), || record_columns(&rows));
        }
        let removed: Vec<&RecordKey> = set.records.removed().collect();
        self.add(
            sql::REMOVE_RECORDS,
            !removed.is_empty(),
            || columns![removed, key => i64::from(key.kind.number()), key => key.no, key => &*key.name],
        );
    }

    fn events(&mut self, events: &'a [Event]) {
        self.add(sql::INSERT_EVENTS, !events.is_empty(), || {
            columns![events,
                event => i64::from(event.day().0), event => event.seq.0, event => event.at.0,
                event => i64::from(event.kind.number()), event => event.card.0, event => event.code.map(|code| code.0),
                event => event.openid.as_ref().map(OpenId::as_str),
                event => event.friend.as_ref().map(OpenId::as_str), event => event.other_code.map(|code| code.0),
                event => event.amount, event => event.amount2, event => event.detail.as_deref(),
                event => event.location_id, event => event.staff.as_deref(),
            ]
        });
        // The first number, the last number, and the count of each day.
        let mut days: BTreeMap<i64, (i64, i64, i64)> = BTreeMap::new();
        for event in events {
            let seq = event.seq.0;
            let day = days.entry(event.day().0.into()).or_insert((seq, seq, 0));
            (day.1, day.2) = (seq, day.2 + 1);
        }
        let days: Vec<_> = days.into_iter().collect();
        self.add(
            sql::ADD_EVENT_DAYS,
            !days.is_empty(),
            || columns![days, (day, _) => *day, (_, of) => of.0, (_, of) => of.1, (_, of) => of.2],
        );
    }
}

fn document(card: &Card) -> Result<String> {
    serde_json::to_string(&*card.section).map_err(|error| StoreError::Damaged(format!("document {error}")))
}

fn code_columns<'a>(codes: &[&'a Code]) -> Vec<Column<'a>> {
    columns![codes,
        code => code.seq.0, code => code.card.0, code => code.openid.as_str(),
        code => code.custom.as_ref().map(CodeText::as_str), code => i64::from(code.state.number()),
        code => i64::from(code.origin.number()), code => code.claimed_at.0, code => code.window_at.0,
        code => code.own_window.map(|window| window.begin.0),
        code => code.own_window.map(|window| window.end.secs()),
        code => code.outer_str.as_deref(), code => code.changed_at.0,
        code => code.gift_to.as_ref().map(OpenId::as_str), code => code.expired_at.map(|at| at.0),
        code => code.marked_for.as_ref().map(OpenId::as_str),
    ]
}

fn record_columns<'a>(rows: &[(&'a RecordKey, &'a StoredRecord)]) -> Vec<Column<'a>> {
    columns![rows,
        (key, _) => i64::from(key.kind.number()), (key, _) => key.no, (key, _) => &*key.name,
        (_, record) => &*record.body, (_, record) => record.expires_at.map(|at| at.0),
    ]
}
