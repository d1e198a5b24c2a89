//! Reads cards, imported codes and records outside of batches, and drops expired records.

use crate::Store;
use crate::error::Result;
use crate::row::{read_card, read_card_id, read_record, read_waiting_code, small};
use crate::sql::{args, limit, statements};
use kaquan_core::card::{Card, CardStatus};
use kaquan_core::engine::{RecordKey, RecordKind, StoredRecord};
use kaquan_core::id::{AppId, CardId, CardNo, CodeText};
use kaquan_core::time::Timestamp;

statements! {
    COUNT_CARDS = ["SELECT count(*) FROM cards WHERE app_id = $1 AND status", (any "$2")];
    CARDS_PAGE = ["SELECT card_id FROM cards WHERE app_id = $1 AND status", (any "$2"), " ORDER BY created_at DESC, \
        card_id LIMIT $3 OFFSET $4"];
    CARDS = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 ORDER BY card_no"];
    // Codes are drawn in the order of their places, so those still waiting come after the last drawn one.
    WAITING_CODES = ["SELECT code, place FROM custom_codes WHERE app_id = $1 AND card_no = $2 AND place >= ",
        (either "greatest" "max"), "($3, coalesce((SELECT drawn FROM pools WHERE app_id = $1 AND card_no = $2), 0)) \
        ORDER BY place LIMIT $4"];
    RECORDS_OF_KIND = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 ORDER BY no, name"];
    RECORDS_BEFORE = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 AND no < $3 \
        ORDER BY no DESC, name DESC LIMIT $4"];
    // SQLite's planner prefers the key's first column over the index of expired records; the plus sign hides the column.
    HAS_EXPIRED_RECORDS = ["SELECT 1 FROM records WHERE ", (either "" "+"), "app_id = $1 AND expires_at <= $2 LIMIT 1"];
    DROP_RECORDS = ["DELETE FROM records WHERE app_id = $1 AND (kind, no, name) IN (SELECT kind, no, name FROM records \
        WHERE ", (either "" "+"), "app_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3", skip_locked, ")"];
}

impl dyn Store + '_ {
    /// Card ids with one of these statuses (all but deleted ones for `None`), the newest card first, then by card id;
    /// and the count of all that match.
    pub fn cards_page(
        &self,
        app: AppId,
        statuses: Option<&[CardStatus]>,
        offset: u64,
        count: u64,
    ) -> Result<(Vec<CardId>, u64)> {
        let statuses = statuses.unwrap_or(CardStatus::BUT_DELETED);
        let statuses: Vec<i64> = statuses.iter().map(|status| status.number().into()).collect();
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (offset, count) = (number(offset), number(count));
        self.snapshot(|sql| {
            let total = sql.only(COUNT_CARDS, args![app.0, &statuses], |row| small(row, 0, "count"))?;
            let page = args![app.0, &statuses, count, offset];
            Ok((sql.all(CARDS_PAGE, page, |row| read_card_id(row, 0))?, total))
        })
    }

    /// All cards of an app, by number.
    pub fn cards(&self, app: AppId) -> Result<Vec<Card>> {
        self.read(|sql| sql.all(CARDS, args![app.0], |row| read_card(row)))
    }

    /// The imported codes of a card that are not claimed yet, with their places in the queue, from place `from` on, at
    /// most `count`.
    pub fn waiting_codes(
        &self,
        app: AppId,
        card: CardNo,
        from: i64,
        count: usize,
    ) -> Result<Vec<(i64, CodeText)>> {
        let args = args![app.0, card.0, from, limit(count)];
        self.read(|sql| sql.all(WAITING_CODES, args, |row| read_waiting_code(row)))
    }

    /// The records of a kind, by number and name, expired ones included.
    pub fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>> {
        self.read(|sql| sql.all(RECORDS_OF_KIND, args![app.0, kind.number()], |row| read_record(kind, row)))
    }

    /// The records of a kind with numbers below `before`, the last first, at most `count`.
    pub fn records_before(
        &self,
        app: AppId,
        kind: RecordKind,
        before: i64,
        count: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let args = args![app.0, kind.number(), before, limit(count)];
        self.read(|sql| sql.all(RECORDS_BEFORE, args, |row| read_record(kind, row)))
    }

    /// Drops the records of all apps that are expired at `now`. Returns how many.
    pub fn drop_expired_records(&self, now: Timestamp) -> Result<usize> {
        self.drop_in_portions(|app, portion| {
            // A read first: in SQLite the search goes through the expired rows of all apps, and a write stops the writer.
            if !self.read(|sql| sql.exists(HAS_EXPIRED_RECORDS, args![app.0, now.0]))? {
                return Ok(0);
            }
            let args = args![app.0, now.0, limit(portion)];
            self.write(|sql| sql.execute(DROP_RECORDS, args))
        })
    }
}
