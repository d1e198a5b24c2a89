//! Announcements (会员卡公告) to the holder of a member card. The holder's page shows an announcement until it ends, and
//! then in a history. One holder gets at most four a month.
//!
//! WeChat manual: "会员卡公告" (announcements on member cards).

mod send;
mod update;

pub use send::SendAnnouncement;
pub use update::UpdateAnnouncement;

use crate::card::{Card, PICTURE_MAX};
use crate::code::{Code, CodeRef};
use crate::engine::{Keys, Record, RecordKey, RecordKind, WorkingSet};
use crate::error::{ErrCode, Error, Result};
use crate::id::{CardNo, CodeSeq, CodeText, OpenId};
use crate::time::{DAY_SECS, Timestamp};
use crate::{text, value};
use serde::{Deserialize, Serialize};

/// The longest text in bytes: sixteen Chinese characters.
const TEXT_MAX: usize = 48;
/// The longest link in bytes.
const URL_MAX: usize = 256;
/// The longest time for which an announcement is shown, in seconds.
const SHOWN_SECS: i64 = 7 * DAY_SECS;
/// How many announcements one holder gets in a calendar month.
const MONTHLY_MAX: u32 = 4;
/// How many announcements of a code are kept. Older ones are dropped.
const KEPT: usize = 48;

/// An announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// When it was sent. No two announcements of a code have the same time, so it names the announcement.
    pub create_time: Timestamp,
    /// The last second in which it is shown as current.
    pub end_time: Timestamp,
    pub text: String,
    /// The link to a page; empty if there is none.
    pub url: String,
    /// The picture in the history; empty if there is none.
    pub thumb_url: String,
    /// Whether the merchant ended it before its time.
    pub closed: bool,
}

impl Announcement {
    /// Whether it is shown as current at `now`, and not in the history.
    pub fn is_current(&self, now: Timestamp) -> bool {
        !self.closed && now <= self.end_time
    }
}

/// The announcements of a code, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Announcements(pub Vec<Announcement>);

impl Record for Announcements {
    const KIND: RecordKind = RecordKind::Announcements;
}

impl Announcements {
    /// The key of the record of this code.
    pub fn key(code: CodeSeq) -> RecordKey {
        RecordKey::numbered::<Announcements>(code.0)
    }
}

/// How many announcements a holder got in a calendar month in UTC+8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MonthlyCount {
    /// The month, as in `2026-11`.
    month: String,
    sent: u32,
}

impl Record for MonthlyCount {
    const KIND: RecordKind = RecordKind::AnnouncementCount;
}

impl MonthlyCount {
    /// The key of the record of this holder.
    pub fn key(openid: &OpenId) -> RecordKey {
        RecordKey::named::<MonthlyCount>(openid.as_str())
    }
}

/// The code that had this text before `code/update` gave it another. Announcements may name a code by a former text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct FormerCode(pub i64);

impl Record for FormerCode {
    const KIND: RecordKind = RecordKind::FormerCode;
}

impl FormerCode {
    /// The key of the record of this text.
    pub fn key(card: CardNo, text: &CodeText) -> RecordKey {
        RecordKey { kind: FormerCode::KIND, no: card.0, name: text.as_str().into() }
    }
}

/// Checks the texts of an announcement.
///
/// # Errors
///
/// In this order: 45021 and 47001 a text that is too long or has control characters; 40097 a link that is no web
/// address; 52000 a picture that was uploaded neither to this server nor to WeChat. `own_pictures` is the prefix of the
/// URLs of pictures that were uploaded to this server.
fn check_texts(
    words: Option<&str>,
    url: Option<&str>,
    thumb_url: Option<&str>,
    own_pictures: &str,
) -> Result<()> {
    text::optional_line("text", words, TEXT_MAX)?;
    text::optional_line("url", url, URL_MAX)?;
    text::optional_line("thumb_url", thumb_url, PICTURE_MAX)?;
    url.map_or(Ok(()), |url| value::check_link("url", url))?;
    thumb_url.map_or(Ok(()), |url| value::check_uploaded("thumb_url", url, own_pictures))
}

/// # Errors
///
/// 40079 if the time is past, or more than seven days away.
fn check_end(end_time: Timestamp, now: Timestamp) -> Result<()> {
    match end_time > now && end_time <= now.plus(SHOWN_SECS) {
        true => Ok(()),
        false => {
            Err(Error::field(ErrCode::InvalidTime, "end_time", "must be in the future, 7 days away at most"))
        }
    }
}

/// The number of the code, by its text or by a former text, as far as the loaded rows show it.
fn seq_of(code: &CodeRef, ws: &WorkingSet) -> Option<CodeSeq> {
    if let Some(found) = code.loaded(ws) {
        return Some(found.seq);
    }
    let key = FormerCode::key(code.named_card(ws)?.no, &code.text);
    let record = ws.records.is_loaded(&key).then(|| ws.records.get(&key).ok().flatten())??;
    record.value::<FormerCode>().ok().map(|former| CodeSeq(former.0))
}

/// Declares the rows of a holder's announcements.
fn keys_of(code: &CodeRef, ws: &WorkingSet, keys: &mut Keys) {
    code.keys(ws, keys);
    keys.records.extend(code.named_card(ws).map(|card| FormerCode::key(card.no, &code.text)));
    let Some(seq) = seq_of(code, ws) else { return };
    keys.codes.insert(seq);
    keys.members.insert(seq);
    keys.records.insert(Announcements::key(seq));
    if ws.codes.is_loaded(&seq)
        && let Ok(Some(code)) = ws.codes.get(&seq)
    {
        keys.cards.insert(code.card);
        keys.records.insert(MonthlyCount::key(&code.openid));
    }
}

/// The code of an active member and its card, by the code's text or a former text.
///
/// # Errors
///
/// In this order: 40056 and 40073 no such code or card; 40071 not a member card; 40127 not active, deleted, expired or
/// unavailable.
fn active_member<'a>(code: &CodeRef, ws: &'a WorkingSet, now: Timestamp) -> Result<&'a Code> {
    let (code, card) = match code.find(ws) {
        Err(refused) if refused.code == ErrCode::InvalidSerialCode => {
            former(code, ws, now)?.ok_or(refused)?
        }
        found => found?,
    };
    if !card.card_type.is_member_card() {
        return Err(Error::field(ErrCode::InvalidCardType, "code", "is not of a member card"));
    }
    code.check_normal(&ws.app, card, now)?;
    match ws.members.get(&code.seq)? {
        Some(member) if member.active_at.is_some() => Ok(code),
        _ => Err(Error::field(ErrCode::InvalidUserCardStatus, "code", "is not active")),
    }
}

fn former<'a>(code: &CodeRef, ws: &'a WorkingSet, now: Timestamp) -> Result<Option<(&'a Code, &'a Card)>> {
    let Some(card) = code.named_card(ws) else { return Ok(None) };
    let seq = ws.find_record_of_new::<FormerCode>(&FormerCode::key(card.no, &code.text), now)?;
    let Some(seq) = seq else { return Ok(None) };
    Ok(ws.codes.get(&CodeSeq(seq.0))?.map(|code| (code, card)))
}
