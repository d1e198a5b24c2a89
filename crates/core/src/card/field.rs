//! The properties of a card's field. The fields themselves are in `table`. Validation, replies, forms and the
//! manual's pages all use these descriptions, so each limit is written once.

use super::card_type::{CardType, Types};
use crate::error::ErrCode;

/// One field of a card's document.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key in its object.
    pub key: &'static str,
    /// The object that contains it.
    pub place: Place,
    /// The fields that belong together with it.
    pub group: Group,
    /// The card types that have this field.
    pub types: Types,
    /// The kind of its values.
    pub kind: Kind,
    /// How `card/create` handles the field.
    pub create: OnCreate,
    /// How `card/update` handles the field.
    pub update: OnUpdate,
    /// The page of WeChat's manual about the field.
    pub page: Page,
    /// The meaning in English.
    pub en: &'static str,
    /// The meaning in Chinese.
    pub zh: &'static str,
}

/// The object of the document that contains the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `base_info`.
    BaseInfo,
    /// The object named after the card type, next to `base_info`.
    Section,
}

/// Fields that belong together. Forms show them under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The face of the card.
    Face,
    /// The benefit.
    Offer,
    /// When, how often and in which number the card can be claimed and used.
    Window,
    /// Links on the card.
    Entries,
    /// How a member card becomes active. An update of one of these fields checks all of them together.
    Activation,
    /// Points, balance and custom fields of a member card.
    Membership,
    /// Everything else.
    More,
}

/// How `card/create` handles a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCreate {
    /// Must be present and not blank; otherwise 41011.
    Required,
    /// Must be present, but may be blank.
    RequiredMayBeBlank,
    /// May be missing.
    Optional,
    /// Accepted but not stored: clients that copy cards send back the reply of `card/get`.
    Ignored,
}

/// How `card/update` handles a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUpdate {
    /// The request is refused with 47001, unless it repeats the value that the card has.
    Refused,
    /// The field changes at once.
    Free,
    /// The field changes at once, and the card goes back to review, even if the value is the same.
    Review,
    /// As [`OnUpdate::Review`], but `""` is refused with 41011, because a card needs the field.
    ReviewNotBlank,
    /// The field can only change from false to true. A later false is accepted and changes nothing.
    StaysOn,
    /// The field can only change from false to true (otherwise 40135), which sends the card back to review. The same
    /// value again changes nothing.
    OnlyOn,
}

impl OnUpdate {
    /// Whether an update with this field sends the card back to review.
    pub const fn needs_review(self) -> bool {
        matches!(self, OnUpdate::Review | OnUpdate::ReviewNotBlank | OnUpdate::OnlyOn)
    }
}

/// The kind of a field's values.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text with a limit; 45021 if it is longer.
    Text {
        /// The largest length in bytes of UTF-8.
        max: usize,
    },
    /// Text with a limit, where 0 means "not given"; 45021 if it is longer.
    TextOrZero {
        /// The largest length in bytes of UTF-8.
        max: usize,
    },
    /// The link to a page or a picture: text with a limit; 40097 for another scheme than http and https.
    Link {
        /// The largest length in bytes.
        max: usize,
    },
    /// `true` or `false`.
    Flag,
    /// A whole number between two limits.
    Int {
        /// The smallest value.
        min: i64,
        /// Largest value.
        max: i64,
        /// The errcode for other numbers.
        refusal: ErrCode,
        /// The unit of the number.
        unit: Unit,
    },
    /// A number; 0 means "not given".
    Limit {
        /// Largest value.
        max: i64,
        /// The errcode for numbers that are not between 0 and `max`.
        refusal: ErrCode,
    },
    /// One of several names.
    Choice {
        /// The names.
        of: &'static [&'static str],
        /// The errcode for other texts.
        refusal: ErrCode,
    },
    /// The name of a colour in the palette, or any `#RRGGBB`; otherwise 40076.
    Color,
    /// The validity window.
    DateInfo,
    /// `{"quantity": …}`; 40122 for a value that is not allowed.
    Sku,
    /// Shop ids as numbers or as texts separated by commas. `0` and `""` clear the list.
    Locations,
    /// An object with these members. An update replaces the whole object.
    Object(&'static [Part]),
    /// A list. A value without brackets and a text with commas are accepted too.
    List {
        /// The kind of each element.
        of: &'static Kind,
        /// The largest number of elements.
        max: usize,
        /// The errcode for more elements.
        refusal: ErrCode,
    },
    /// A feature that WeChat has closed: only its "off" values are accepted (otherwise 73205).
    OffOnly,
}

impl Kind {
    /// Whether values are JSON objects. PHP writes an empty object as `[]`, which counts as missing.
    pub const fn is_object(&self) -> bool {
        matches!(self, Kind::DateInfo | Kind::Sku | Kind::Object(_))
    }
}

/// The unit of a whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// The unit that the field's name implies.
    Plain,
    /// Money in fen. Pages show it and read it in yuan.
    Fen,
    /// A time in Unix seconds. Pages show it and read it as a date with a time in UTC+8.
    Time,
    /// Percent off the price. Chinese pages show it and read it as 折, the tenths of the price that are left.
    PercentOff,
}

/// A member of an object.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Key in the object.
    pub key: &'static str,
    /// The kind of its values.
    pub kind: Kind,
    /// The errcode if the member is missing; `None` if it may be missing.
    pub required: Option<ErrCode>,
}

/// Pages of WeChat's manual about fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    CreateCard,
    ManageCard,
    CreateMemberCard,
    ManageMemberCard,
    Tickets,
}

impl Page {
    /// The title in the manual.
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

    /// Whether `other` is the same row of the table, if both belong to the same card type. Addresses cannot be
    /// compared, because the compiler may duplicate the table.
    pub fn is(&self, other: &Field) -> bool {
        self.place == other.place && self.key == other.key
    }

    /// The path in the card's section, such as `base_info.title`.
    pub fn path(&self) -> String {
        match self.place {
            Place::BaseInfo => format!("base_info.{}", self.key),
            Place::Section => self.key.to_owned(),
        }
    }

    /// The path in WeChat's accessor form, as an error 41011 shows it.
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
