//! A card (卡券): a kind of coupon, ticket or member card that holders claim codes of. Here is the row the rules work
//! on; each operation on it has a file of its own.

pub mod activation;
pub mod card_type;
pub mod color;
pub mod create;
pub mod date_info;
pub mod delete;
pub mod document;
pub mod field;
pub mod get;
pub mod landing_page;
pub mod manual;
pub mod modify_stock;
pub mod mpnews;
pub mod open_cells;
pub mod pay_cell;
pub mod preview;
pub mod review;
pub mod rule_values;
pub mod self_consume_cell;
pub(crate) mod sku_reminder;
pub mod status;
pub mod table;
pub mod update;
pub mod white_list;

pub use card_type::CardType;
pub use date_info::{DateInfo, Window};
pub use document::Object;
pub use rule_values::{CodeMode, Terms};
pub use status::CardStatus;

use crate::id::{CardId, CardNo};
use crate::stored_enum;
use crate::time::Timestamp;
use std::sync::Arc;

stored_enum! {
    /// Where a card was made; `cond_source` of the reports selects by its number.
    pub enum Source {
        Console = 0;
        /// Through `card/create`.
        Api = 1;
    }
}

/// A card of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Number within the app.
    pub no: CardNo,
    /// Name on the wire.
    pub id: CardId,
    /// Kind of card.
    pub card_type: CardType,
    /// Where it was made.
    pub source: Source,
    /// Review status.
    pub status: CardStatus,
    /// Why the last review refused it; empty otherwise.
    pub refuse_reason: String,
    /// The document: the object under the card type's key, `base_info` inside, as stored.
    pub section: Arc<Object>,
    /// The values of the document that the rules read.
    pub terms: Terms,
    /// Codes left to claim.
    pub quantity: i64,
    /// Codes ever put up; `total - quantity` have been claimed.
    pub total: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed by create or update.
    pub updated_at: Timestamp,
}

impl Card {
    /// Codes claimed from stock so far.
    pub fn claimed(&self) -> i64 {
        self.total - self.quantity
    }
}
