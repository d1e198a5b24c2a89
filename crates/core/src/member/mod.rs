//! Members: the data of a holder of a member card or a general card in addition to the code. This file has the row;
//! each operation on member cards has its own file, and those on general cards are in `general_card`.
//!
//! WeChat manual: "管理会员卡" (manage member cards).

mod activate;
mod answers;
mod form;
mod pay;
mod set_form;
mod show_form;
mod submit_form;
mod temp_info;
mod update_user;
mod userinfo;

pub use activate::Activate;
pub use answers::{MemberInfo, info_key};
pub use form::{FormPart, Link, MemberForm, RichField, RichKind};
pub use pay::{Pay, Payments};
pub use set_form::SetMemberForm;
pub use show_form::{CheckFormLink, ShowForm, ShownForm};
pub use submit_form::{SubmitForm, SubmittedForm, Target};
pub use temp_info::GetTempInfo;
pub use update_user::{MemberChange, MemberNote, MemberTotals, Notify, UpdateMember};
pub use userinfo::{GetUserinfo, ShownUser};
pub(crate) use userinfo::{shows_balance, user_info};

use crate::card::{Card, PICTURE_MAX};
use crate::code::Code;
use crate::engine::WorkingSet;
use crate::error::Result;
use crate::id::{CodeSeq, CodeText};
use crate::time::Timestamp;
use crate::{text, value};

/// The largest points and balance, so that they fit into 32-bit fields of clients.
pub const AMOUNT_MAX: i64 = i32::MAX as i64;

/// The longest membership number in bytes.
pub(crate) const NUMBER_MAX: usize = 20;
/// The longest value of a custom field in bytes.
pub(crate) const FIELD_MAX: usize = 12;

/// Checks the background picture of a member.
///
/// # Errors
/// 45021 too long; 47001 a control character; 40097 not a URL.
pub(crate) fn check_background(url: Option<&str>) -> Result<()> {
    text::optional_line("background_pic_url", url, PICTURE_MAX)?;
    url.filter(|url| !url.is_empty()).map_or(Ok(()), |url| value::check_link("background_pic_url", url))
}

/// A member: the data of the code of one member card or general card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The code of the card.
    pub code: CodeSeq,
    /// The number shown on the card. It is empty before the activation, and later if the merchant gave none; see
    /// [`Member::number`].
    pub membership_number: String,
    /// When the member became active; `None` before the activation.
    pub active_at: Option<Timestamp>,
    /// Points.
    pub bonus: i64,
    /// Balance in fen.
    pub balance: i64,
    /// The values of the card's custom fields 1 to 3.
    pub custom_field_values: [String; 3],
    /// The background picture of this member; empty if the card's own is shown.
    pub background_pic_url: String,
}

impl Member {
    /// The row of a claimed member card before its activation.
    pub fn new(code: CodeSeq) -> Member {
        Member {
            code,
            membership_number: String::new(),
            active_at: None,
            bonus: 0,
            balance: 0,
            custom_field_values: Default::default(),
            background_pic_url: String::new(),
        }
    }

    /// The data of a code; `None` for cards that have none. A general card's code that a former version issued has no
    /// row. It counts as a new member without data.
    ///
    /// # Errors
    ///
    /// -1 if the row is not loaded, which is a bug.
    pub fn of_code(ws: &WorkingSet, code: &Code, card: &Card) -> Result<Option<Member>> {
        match card.card_type.has_member_data() {
            true => Ok(Some(ws.members.get(&code.seq)?.cloned().unwrap_or_else(|| Member::new(code.seq)))),
            false => Ok(None),
        }
    }

    /// The number a member sees: the merchant's, or the code's own text if the card became active without a number.
    pub fn number<'a>(&'a self, code: &'a CodeText) -> &'a str {
        match self.active_at.is_some() && self.membership_number.is_empty() {
            true => code.as_str(),
            false => &self.membership_number,
        }
    }
}
