//! The properties of one field of a card. The rows themselves are in `table`; validation, replies, forms and
//! the manual's field pages all read these descriptions and keep no copy of a limit.

use super::card_type::{CardType, Types};
use crate::error::ErrCode;

/// One field of a card's document.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Key in its object.
    pub key: &'static str,
    /// The object that contains it.
    pub place: Place,
    /// The fields it belongs with.
    pub group: Group,
    /// Card types that have it.
    pub types: Types,
    /// The values it takes.
    pub kind: Kind,
    /// The effect of `card/create`.
    pub create: OnCreate,
    /// The effect of `card/update`.
    pub update: OnUpdate,
    /// The page of WeChat's manual that describes it.
    pub page: Page,
    /// The meaning, in English.
    pub en: &'static str,
    /// The meaning, in Chinese.
    pub zh: &'static str,
}

/// The object of the document that contains a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `base_info`.
    BaseInfo,
    /// The object named after the card type, next to `base_info`.
    Section,
}

/// Fields that belong together: forms show them under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The face of the card.
    Face,
    /// The benefit.
    Offer,
    /// When, how often and how many times it can be had.
    Window,
    /// Links on the card.
    Entries,
    /// How a member card becomes active. An update of any of these checks that they agree with one another.
    Activation,
    /// Points, balance and own fields of a member card.
    Membership,
    /// Everything else.
    More,
}

/// The effect of `card/create` on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCreate {
    /// Must be there and not be blank: 41011.
    Required,
    /// Must be there, may be blank.
    RequiredMayBeBlank,
    /// May be there.
    Optional,
    /// Accepted and not stored: clients that copy cards send back what `card/get` answered.
    Ignored,
}

/// The effect of `card/update` on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUpdate {
    /// 47001 for the whole request, unless the value is the one that the card has.
    Refused,
    /// Changes at once.
    Free,
    /// Changes at once and sends the card back to review, be the value new or not.
    Review,
    /// As [`OnUpdate::Review`], but `""` is refused with 41011: a card cannot be without it.
    ReviewNotBlank,
    /// Goes from false to true only; false afterwards is accepted and changes nothing.
    StaysOn,
    /// Goes from false to true only (40135), and then to review; the same value again changes nothing.
    OnlyOn,
}

impl OnUpdate {
    /// Whether naming the field in an update sends the card back to review.
    pub const fn needs_review(self) -> bool {
        matches!(self, OnUpdate::Review | OnUpdate::ReviewNotBlank | OnUpdate::OnlyOn)
    }
}

/// The values a field takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text of at most so many bytes of UTF-8: 45021.
    Text {
        /// Bytes at most.
        max: usize,
    },
    /// Text as above, of which 0 means "not given".
    TextOrZero {
        /// Bytes at most.
        max: usize,
    },
    /// A link that holders may follow, or a picture: text as above, of no other scheme than http and https: 40097.
    Link {
        /// Bytes at most.
        max: usize,
    },
    /// `true` or `false`.
    Flag,
    /// A whole number in a range.
    Int {
        /// Least value.
        min: i64,
        /// Largest value.
        max: i64,
        /// Errcode outside the range.
        refusal: ErrCode,
        /// What it counts.
        unit: Unit,
    },
    /// A number of which 0 means "not given".
    Limit {
        /// Largest value.
        max: i64,
        /// Errcode outside 0 to `max`.
        refusal: ErrCode,
    },
    /// One of a set of names.
    Choice {
        /// The names.
        of: &'static [&'static str],
        /// Errcode for any other text.
        refusal: ErrCode,
    },
    /// A name of the palette or any `#RRGGBB`: 40076.
    Color,
    /// The validity window.
    DateInfo,
    /// `{"quantity": …}`: 40122.
    Sku,
    /// Shop ids as numbers or comma texts; `0` and `""` clear.
    Locations,
    /// An object with these members; replaced as a whole.
    Object(&'static [Part]),
    /// An array; one value without brackets and comma text are taken too.
    List {
        /// The fields of the object.
        of: &'static Kind,
        /// Entries at most.
        max: usize,
        /// Errcode for more.
        refusal: ErrCode,
    },
    /// A feature WeChat closed: only its "off" values are taken (73205).
    OffOnly,
}

impl Kind {
    /// Whether a value is a JSON object. PHP writes an empty one as `[]`, which counts as not given.
    pub const fn is_object(&self) -> bool {
        matches!(self, Kind::DateInfo | Kind::Sku | Kind::Object(_))
    }
}

/// What a whole number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// What the field's name says.
    Plain,
    /// Money in fen; people read and type it in yuan.
    Fen,
}

/// One member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Key in the object.
    pub key: &'static str,
    /// The values it takes.
    pub kind: Kind,
    /// The errcode when it is missing, if it must be there.
    pub required: Option<ErrCode>,
}

/// Pages of WeChat's manual that describe fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    CreateCard,
    ManageCard,
    CreateMemberCard,
    ManageMemberCard,
    Tickets,
}

impl Page {
    /// The title as the manual has it.
    pub const fn title(self) -> &'static str {
        match self {
            Page::CreateCard => "创建卡券",
            Page::ManageCard => "管理卡券",
            Page::CreateMemberCard => "创建会员卡",
            Page::ManageMemberCard => "管理会员卡",
            Page::Tickets => "特殊票券",
        }
    }
}

impl Field {
    /// The same field in another group.
    pub(super) const fn within(self, group: Group) -> Field {
        Field { group, ..self }
    }

    /// Whether `other` is the same row of the table, given that both belong to one card type. Addresses do not tell:
    /// the compiler may keep the table twice.
    pub fn is(&self, other: &Field) -> bool {
        self.place == other.place && self.key == other.key
    }

    /// Path in the card's section, such as `base_info.title`.
    pub fn path(&self) -> String {
        match self.place {
            Place::BaseInfo => format!("base_info.{}", self.key),
            Place::Section => self.key.to_owned(),
        }
    }

    /// WeChat's accessor form of the path, as 41011 shows it.
    pub fn accessor(&self) -> String {
        match self.place {
            Place::BaseInfo => format!("m_data.base_info().{}", self.key),
            Place::Section => format!("m_data.{}", self.key),
        }
    }

    /// Whether a card of this type has the field.
    pub const fn belongs_to(&self, card_type: CardType) -> bool {
        self.types.has(card_type)
    }
}
