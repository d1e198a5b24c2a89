//! Reads cards, imported codes and records outside of batches. Drops expired records.

use crate::Store;
use crate::error::Result;
use crate::row::{read_card, read_card_head, read_record, read_waiting_code};
use crate::sql::{args, limit, statements};
use kaquan_core::card::{Card, CardType, Source};
use kaquan_core::engine::{RecordKey, RecordKind, StoredRecord};
use kaquan_core::id::{AppId, CardId, CardNo, CodeText};
use kaquan_core::time::Timestamp;

/// A card without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardHead {
    /// The card's number within the app.
    pub no: CardNo,
    /// The card's id on the wire.
    pub id: CardId,
    /// The card's type.
    pub card_type: CardType,
    /// Whether the API or the console created the card.
    pub source: Source,
}

statements! {
    CARDS = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 ORDER BY card_no"];
    CARD_HEADS = ["SELECT card_no, card_id, card_type, source FROM cards WHERE app_id = $1 ORDER BY card_no"];
    // Codes are drawn in the order of their places, so all waiting codes come after the last drawn one.
    WAITING_CODES = ["SELECT code, place FROM custom_codes WHERE app_id = $1 AND card_no = $2 AND place >= ",
        (either "greatest" "max"), "($3, coalesce((SELECT drawn FROM pools WHERE app_id = $1 AND card_no = $2), 0)) \
        ORDER BY place LIMIT $4"];
    RECORDS_OF_KIND = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 ORDER BY no, name"];
    RECORDS_BEFORE = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 AND no < $3 \
        ORDER BY no DESC, name DESC LIMIT $4"];
    // SQLite's planner prefers the first column of the key to the index of expired records. The plus sign makes it
    // skip that column.
    HAS_EXPIRED_RECORDS = ["SELECT 1 FROM records WHERE ", (either "" "+"), "app_id = $1 AND expires_at <= $2 LIMIT 1"];
    DROP_RECORDS = ["DELETE FROM records WHERE app_id = $1 AND (kind, no, name) IN (SELECT kind, no, name FROM records \
        WHERE ", (either "" "+"), "app_id = $1 AND expires_at <= $2 ORDER BY expires_at LIMIT $3", skip_locked, ")"];
}

impl dyn Store + '_ {
    /// All cards of an app, by number.
    pub fn cards(&self, app: AppId) -> Result<Vec<Card>> {
        self.read(|sql| sql.all(CARDS, args![app.0], |row| read_card(row)))
    }

    /// All cards of an app without their documents, by number.
    pub fn card_heads(&self, app: AppId) -> Result<Vec<CardHead>> {
        self.read(|sql| sql.all(CARD_HEADS, args![app.0], |row| read_card_head(row)))
    }

    /// The imported codes of a card that are not claimed yet, with their places in the queue. Starts at place `from`
    /// and returns at most `count`.
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

    /// The records of a kind, sorted by number and name, including expired ones.
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

    /// Drops the records of all apps that are expired at `now`. Returns their number.
    pub fn drop_expired_records(&self, now: Timestamp) -> Result<usize> {
        self.drop_in_portions(|app, portion| {
            // A read comes first: on SQLite the search reads the expired rows of all apps, and a write would block
            // the writer meanwhile.
            if !self.read(|sql| sql.exists(HAS_EXPIRED_RECORDS, args![app.0, now.0]))? {
                return Ok(0);
            }
            let args = args![app.0, now.0, limit(portion)];
            self.write(|sql| sql.execute(DROP_RECORDS, args))
        })
    }
}
