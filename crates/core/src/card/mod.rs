//! A card (卡券): a kind of coupon, ticket or member card. Holders claim codes of it. This file has the row; each
//! operation has its own file.

mod activation;
mod card_type;
mod color;
mod create;
mod date_info;
mod delete;
mod document;
mod field;
mod general;
mod get;
mod landing_page;
mod manual;
mod modify_stock;
mod mpnews;
mod open_cells;
mod pay_cell;
mod preview;
mod review;
mod rule_values;
mod self_consume_cell;
pub(crate) mod sku_reminder;
mod sms_link;
mod status;
pub(crate) mod table;
mod unchanged;
mod update;
mod white_list;

pub use activation::{Activation, after_submit_url, check_after_submit, check_code_mode, form_activation};
pub use color::{COLORS, Color, color_value, find_color};
pub use create::CreateCard;
pub use date_info::{BEGIN_BEFORE_MAX_SECS, STAMP_MAX};
pub use delete::DeleteCard;
pub use document::normalize;
pub use field::{Field, Group, Kind, OnCreate, OnUpdate, Part, Place, Unit};
pub use general::{GeneralTerms, SubCardType};
pub use landing_page::{CARDS_MAX, CreateLandingPage, LandingPage, SCENES, TEXT_MAX};
pub use manual::{Language, fields_page};
pub use modify_stock::ModifyStock;
pub use mpnews::CheckForArticle;
pub use open_cells::Cells;
pub use pay_cell::SetPayCell;
pub use preview::{PreviewUpdate, UpdatePreview};
pub use review::{PassedCard, REASON_MAX, ReviewCard};
pub use self_consume_cell::SetSelfConsumeCell;
pub use sms_link::{CreateSmsLink, SmsLink};
pub use table::{FIELDS, PICTURE_MAX, QUANTITY_MAX, fields_of};
pub use update::{UpdateCard, UpdateOutcome, overlay};
pub use white_list::{SetWhiteList, WhiteList};

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
    /// Whether the API or the console created a card. `cond_source` of the reports selects cards by this number.
    pub enum Source {
        Console = 0;
        /// Through `card/create`.
        Api = 1;
    }
}

/// A card of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The card's number within the app.
    pub no: CardNo,
    /// The card's id on the wire.
    pub id: CardId,
    /// Kind of card.
    pub card_type: CardType,
    /// Whether the API or the console created the card.
    pub source: Source,
    /// The review status.
    pub status: CardStatus,
    /// Why the last review refused the card; empty otherwise.
    pub refuse_reason: String,
    /// The stored document: the object under the card type's key, including `base_info`.
    pub section: Arc<Object>,
    /// The values of the document that the rules use.
    pub terms: Terms,
    /// Codes that can still be claimed.
    pub quantity: i64,
    /// The claimed codes and the codes that can still be claimed; `total - quantity` codes are claimed.
    pub total: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the card was created or last updated.
    pub updated_at: Timestamp,
}

/// Claims in one batch, at most.
const CLAIMS_OF_A_BATCH_MAX: i64 = 1024;

impl Card {
    /// Codes claimed from stock so far.
    pub fn claimed(&self) -> i64 {
        self.total - self.quantity
    }

    /// Whether a holder may have reached a limit of codes, now or after other operations of the same batch. No holder
    /// has claimed or consumed more codes than were claimed altogether. If the result is false, the holder's codes need
    /// not be counted.
    pub fn may_reach(&self, limit: u32) -> bool {
        self.claimed() + CLAIMS_OF_A_BATCH_MAX >= i64::from(limit)
    }

    /// Whether codes of this card can be consumed. Codes of member cards and campus cards cannot: they are shown again
    /// and again.
    pub fn is_consumed(&self) -> bool {
        let by_kind = |general: GeneralTerms| general.sub_card_type != SubCardType::CampusCard;
        !self.card_type.is_member_card() && self.terms.general.is_none_or(by_kind)
    }
}
