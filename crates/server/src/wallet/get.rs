//! `POST /wallet/v1/get`: shows a code to its holder, with links that contain the encrypted code.

use super::claim::ClaimedCode;
use crate::http::link::with_params;
use crate::http::{Answer, Call};
use crate::state::query;
use kaquan_core::announcement::Announcement;
use kaquan_core::code::{ClaimOutcome, ShowCode, ShownMember};
use kaquan_core::error::Result;
use kaquan_core::id::{CardId, CodeText};
use kaquan_core::ticket::TicketInfo;
use kaquan_core::time::Timestamp;
use serde::{Serialize, Serializer};

/// `{"openid", "code", "card_id"?}` answers a [`CodeReply`].
pub async fn handle(call: Call) -> Result<Answer> {
    let params = call.params();
    let app = call.app()?;
    let show = ShowCode { code: params.code(&app.cipher)?, openid: params.openid()? };
    let now = call.state.clock.now();
    let shown = query(&call.state, call.app_id()?, show).await?;
    let claimed = ClaimedCode::of(app, &ClaimOutcome { seq: shown.seq, custom: shown.custom })?;
    let carried = [("encrypt_code", claimed.encrypt_code.as_str()), ("card_id", shown.card_id.as_str())];
    let links = shown.links.into_iter().map(|(key, url)| (key, with_params(&url, &carried))).collect();
    Answer::with(&CodeReply {
        card_id: shown.card_id,
        code: claimed.code,
        encrypt_code: claimed.encrypt_code,
        begin_time: shown.window.begin,
        end_time: shown.window.end.secs(),
        user_card_status: shown.state.wire(),
        can_consume: shown.can_consume,
        member: shown.member,
        ticket: shown.ticket,
        announcements: shown.announcements.into_iter().map(|it| ShownAnnouncement::of(it, now)).collect(),
        can_give_friend: shown.can_give_friend,
        can_pay: shown.can_pay,
        can_self_consume: shown.can_self_consume,
        links,
    })
}

/// The reply of `/wallet/v1/get`.
#[derive(Debug, Serialize)]
struct CodeReply {
    /// The card.
    card_id: CardId,
    /// The code.
    code: CodeText,
    /// The code encrypted for links.
    encrypt_code: String,
    /// The first second in which the code can be used, in Unix seconds.
    begin_time: Timestamp,
    /// The end of its validity, in Unix seconds.
    end_time: i64,
    /// The state of the code.
    user_card_status: &'static str,
    /// Whether the code can be consumed now.
    can_consume: bool,
    /// The points and the balance, for a member card or a general card.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<ShownMember>,
    /// The data of a ticket, by its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketInfo>,
    /// The announcements to a member, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    announcements: Vec<ShownAnnouncement>,
    /// Whether the holder can give the code to a friend.
    can_give_friend: bool,
    /// Whether the holder can pay with the code at the till.
    can_pay: bool,
    /// Whether the holder can consume the code without a clerk.
    can_self_consume: bool,
    /// The links on the card by field, such as `custom_field1.url`. Each contains the encrypted code.
    #[serde(serialize_with = "as_object")]
    links: Vec<(String, String)>,
}

/// An announcement to a member.
#[derive(Debug, Serialize)]
struct ShownAnnouncement {
    #[serde(flatten)]
    announcement: Announcement,
    /// Whether it is shown as current, and not in the history.
    is_current: bool,
}

impl ShownAnnouncement {
    fn of(announcement: Announcement, now: Timestamp) -> ShownAnnouncement {
        ShownAnnouncement { is_current: announcement.is_current(now), announcement }
    }
}

fn as_object<S: Serializer>(
    links: &[(String, String)],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_map(links.iter().map(|(field, url)| (field, url)))
}
