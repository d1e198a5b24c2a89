//! Reads cards, imported codes and records outside of batches. Drops expired records.

use crate::Store;
use crate::error::{Result, StoreError};
use crate::row::{read_card, read_card_head, read_card_id, read_record, read_waiting_code};
use crate::sql::{args, limit, statements};
use kaquan_core::card::{Card, CardStatus, CardType, Source};
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

/// Cards that are read at once when all of them are visited.
const CARDS_AT_ONCE: usize = 200;

/// Which cards a list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFilter {
    /// Cards with one of these statuses.
    pub statuses: Vec<CardStatus>,
    /// Cards of one of these types.
    pub types: Vec<CardType>,
}

impl Default for CardFilter {
    /// All cards but deleted ones.
    fn default() -> CardFilter {
        CardFilter { statuses: CardStatus::BUT_DELETED.to_vec(), types: CardType::ALL.to_vec() }
    }
}

statements! {
    CARDS = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 ORDER BY card_no"];
    CARD_HEADS = ["SELECT card_no, card_id, card_type, source FROM cards WHERE app_id = $1 ORDER BY card_no"];
    CARDS_AFTER = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 \
        AND card_no > $2 ORDER BY card_no LIMIT $3"];
    CARDS_BEFORE = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 \
        AND card_no < $2 AND status", (any "$3"), " AND card_type", (any "$4"), " ORDER BY card_no DESC LIMIT $5"];
    CARDS_WAITING = ["SELECT ", card_columns, " FROM cards JOIN stocks USING (app_id, card_no) WHERE app_id = $1 \
        AND status = $2 ORDER BY updated_at, card_no LIMIT $3"];
    CARDS_OF_TYPE = ["SELECT card_no FROM cards WHERE app_id = $1 AND card_type = $2"];
    // CROSS JOIN makes SQLite look the code up for each card.
    CARDS_WITH_CODE = ["SELECT c.card_no, c.card_id FROM cards c ", (either "JOIN" "CROSS JOIN"), " custom_codes k \
        ON k.app_id = c.app_id AND k.card_no = c.card_no WHERE c.app_id = $1 AND k.app_id = $1 AND k.code = $2 \
        ORDER BY c.card_no LIMIT $3"];
    // Codes are drawn in the order of their places, so those still waiting come after the last drawn one.
    WAITING_CODES = ["SELECT code, place FROM custom_codes WHERE app_id = $1 AND card_no = $2 AND place >= ",
        (either "greatest" "max"), "($3, coalesce((SELECT drawn FROM pools WHERE app_id = $1 AND card_no = $2), 0)) \
        ORDER BY place LIMIT $4"];
    RECORDS_OF_KIND = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 ORDER BY no, name"];
    RECORDS_AFTER = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 \
        AND (no > $3 OR (no = $3 AND name > $4)) ORDER BY no, name LIMIT $5"];
    RECORDS_WITH = ["SELECT no, name, body, expires_at FROM records WHERE app_id = $1 AND kind = $2 \
        AND ", (either "strpos" "instr"), "(body, $3) > 0 ORDER BY no, name LIMIT $4"];
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

    /// Visits all cards of an app, by number. A card is held no longer than its visit, and changes meanwhile may be
    /// seen.
    ///
    /// # Errors
    /// The errors of the visits.
    pub fn each_card<E: From<StoreError>>(
        &self,
        app: AppId,
        mut visit: impl FnMut(Card) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut after = CardNo(i64::MIN);
        loop {
            let args = args![app.0, after.0, limit(CARDS_AT_ONCE)];
            let cards = self.read(|sql| sql.all(CARDS_AFTER, args, |row| read_card(row)))?;
            let Some(last) = cards.last() else { return Ok(()) };
            after = last.no;
            let is_end = cards.len() < CARDS_AT_ONCE;
            cards.into_iter().try_for_each(&mut visit)?;
            if is_end {
                return Ok(());
            }
        }
    }

    /// All cards of an app without their documents, by number.
    pub fn card_heads(&self, app: AppId) -> Result<Vec<CardHead>> {
        self.read(|sql| sql.all(CARD_HEADS, args![app.0], |row| read_card_head(row)))
    }

    /// The cards with numbers below `before` that match the filter, the newest first, at most `count`.
    pub fn cards_before(
        &self,
        app: AppId,
        before: CardNo,
        filter: &CardFilter,
        count: usize,
    ) -> Result<Vec<Card>> {
        let statuses: Vec<i64> = filter.statuses.iter().map(|status| i64::from(status.number())).collect();
        let types: Vec<i64> = filter.types.iter().map(|of| i64::from(of.number())).collect();
        let args = args![app.0, before.0, &statuses, &types, limit(count)];
        self.read(|sql| sql.all(CARDS_BEFORE, args, |row| read_card(row)))
    }

    /// The cards that wait for a review, the one that has waited longest first, at most `count`.
    pub fn cards_waiting(&self, app: AppId, count: usize) -> Result<Vec<Card>> {
        let args = args![app.0, CardStatus::NotVerify.number(), limit(count)];
        self.read(|sql| sql.all(CARDS_WAITING, args, |row| read_card(row)))
    }

    /// The numbers of the cards of a type.
    pub fn cards_of_type(&self, app: AppId, card_type: CardType) -> Result<Vec<CardNo>> {
        let args = args![app.0, card_type.number()];
        self.read(|sql| sql.all(CARDS_OF_TYPE, args, |row| Ok(CardNo(row.int(0)?))))
    }

    /// The ids of the cards that have this custom code, imported or claimed, at most `count`.
    pub fn cards_with_code(&self, app: AppId, code: &CodeText, count: usize) -> Result<Vec<CardId>> {
        let args = args![app.0, code.as_str(), limit(count)];
        self.read(|sql| sql.all(CARDS_WITH_CODE, args, |row| read_card_id(row, 1)))
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

    /// The records of a kind, sorted by number and name, including expired ones.
    pub fn records(&self, app: AppId, kind: RecordKind) -> Result<Vec<(RecordKey, StoredRecord)>> {
        self.read(|sql| sql.all(RECORDS_OF_KIND, args![app.0, kind.number()], |row| read_record(kind, row)))
    }

    /// The records of a kind after this number and name, by number and name, at most `count`.
    pub fn records_after(
        &self,
        app: AppId,
        kind: RecordKind,
        after: (i64, &str),
        count: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let args = args![app.0, kind.number(), after.0, after.1, limit(count)];
        self.read(|sql| sql.all(RECORDS_AFTER, args, |row| read_record(kind, row)))
    }

    /// The records of a kind that have this text somewhere in their JSON, by number and name, at most `count`.
    pub fn records_with(
        &self,
        app: AppId,
        kind: RecordKind,
        text: &str,
        count: usize,
    ) -> Result<Vec<(RecordKey, StoredRecord)>> {
        let args = args![app.0, kind.number(), text, limit(count)];
        self.read(|sql| sql.all(RECORDS_WITH, args, |row| read_record(kind, row)))
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
