//! `/w/{appid}/codes/{code}`: a holder's code in the form that its card requires, and the member's points and
//! balance. The holder can give the code away, cancel a gift, or delete the code.

use super::cards::url;
use super::frame::Frame;
use super::gift::gift_link;
use super::guest::Guest;
use super::notices::{Notice, TicketFacts, notices};
use crate::auth::encrypt_code;
use crate::draw::{barcode, qr};
use crate::http::link::with_params;
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::once::{NotDone, Submission};
use crate::pages::{Fault, Fields, PageResult, format, reply, texts};
use crate::wallet::dynamic_code::draws;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::card::Activation;
use kaquan_core::code::{
    CodeState, DeleteCode, DynamicCode, Gift, GiftState, IssueDynamic, ReturnGift, ShowCode,
};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::id::OpenId;
use kaquan_core::member::{Member, ShowForm};
use serde_json::Value;

#[derive(Template)]
#[template(path = "wallet/code.html")]
struct CodePage {
    frame: Frame,
    /// The mark of the code's state.
    seen: String,
    /// The merchant's reason for making the code unavailable.
    reason: Option<String>,
    /// Advice if a membership cannot be activated on this page.
    activate_note: Option<&'static str>,
    t: &'static Texts,
    face: CardFace,
    state: (&'static str, &'static str),
    shown: Option<CodeDisplay>,
    /// Whether the shown code has to be renewed.
    is_dynamic: bool,
    not_yet: Option<String>,
    window: String,
    member: Option<MemberFacts>,
    ticket: Option<TicketFacts>,
    /// The announcements that are current.
    notices: Vec<Notice>,
    /// The announcements that have ended.
    former_notices: Vec<Notice>,
    links: Vec<(String, String)>,
    details: CardDetails,
    stores_url: String,
    activate_url: Option<String>,
    gift: Option<String>,
    can_give: bool,
    can_cancel: bool,
    can_delete: bool,
}

/// The code, in the form that its card requires.
struct CodeDisplay {
    text: Option<String>,
    qr: Option<String>,
    bars: Option<String>,
    /// The dynamic code, if the pictures have one in place of the code.
    dynamic: Option<DynamicDisplay>,
}

struct DynamicDisplay {
    /// The digits of the dynamic code, if no picture shows them.
    text: Option<String>,
    /// The time until which the dynamic code is valid.
    until: String,
}

struct MemberFacts {
    /// Number, points, balance and own fields, each with its name.
    facts: Vec<(String, String)>,
}

impl MemberFacts {
    fn of(guest: &Guest, sheet: &CodeSheet, member: &Member) -> MemberFacts {
        let (t, section) = (Texts::of(guest.lang), &sheet.card.section);
        let flag = |key: &str| section.get(key) == Some(&Value::Bool(true));
        let is_general = sheet.card.terms.general.is_some();
        let number = match member.number(&sheet.text) {
            // A general card without a number of its own shows its code.
            "" if is_general => sheet.text.as_str(),
            number => number,
        };
        let name = if is_general { t.card_number } else { t.number };
        let mut facts = vec![(name.to_owned(), number.to_owned())];
        if flag("supply_bonus") {
            facts.push((t.bonus.to_owned(), format::number(member.bonus)));
        }
        if flag("supply_balance") || (is_general && member.balance != 0) {
            facts.push((t.balance.to_owned(), format::yuan(member.balance)));
        }
        let filled = member.custom_field_values.iter().enumerate().filter(|(_, value)| !value.is_empty());
        facts.extend(filled.filter_map(|(i, value)| {
            let field = section.get(&format!("custom_field{}", i + 1))?;
            Some((t.field_name(field)?, value.clone()))
        }));
        MemberFacts { facts }
    }
}

impl Texts {
    /// The name of an own field: one of WeChat's labels, or the merchant's.
    fn field_name(&self, field: &Value) -> Option<String> {
        let text = |key: &str| field.get(key)?.as_str().filter(|text| !text.is_empty());
        let label = match text("name_type").unwrap_or_default().trim_start_matches("FIELD_NAME_TYPE_") {
            "LEVEL" => self.level,
            "COUPON" => self.coupon,
            "STAMP" => self.stamp,
            "DISCOUNT" => self.discount,
            "ACHIEVEMEN" | "ACHIEVEMENT" => self.achievement,
            "MILEAGE" => self.mileage,
            "SET_POINTS" => self.set_points,
            "TIMS" | "TIMES" => self.times,
            _ => return text("name").map(str::to_owned),
        };
        Some(label.to_owned())
    }
}

/// The code in the path, if this holder has it.
async fn held(guest: &Guest, openid: &OpenId) -> Result<CodeSheet, Fault> {
    let found =
        code_view::one(&guest.state, &guest.app, guest.param("code"), guest.query.get("card_id")).await?;
    found.filter(|sheet| sheet.code.openid == *openid).ok_or(Fault::NOT_FOUND)
}

fn path(guest: &Guest) -> String {
    match guest.query.get("card_id") {
        Some(card_id) => with_params(&guest.path, &[("card_id", card_id)]),
        None => guest.path.clone(),
    }
}

pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let openid = guest.holder(&path(&guest))?;
    let sheet = held(&guest, &openid).await?;
    page(&guest, &sheet, None, None).await
}

async fn page(
    guest: &Guest,
    sheet: &CodeSheet,
    not_done: Option<NotDone>,
    refused: Option<&Error>,
) -> PageResult {
    let t = Texts::of(guest.lang);
    let show = ShowCode { code: sheet.code_ref(), openid: sheet.code.openid.clone() };
    let shown = guest.query(show).await?;
    // The notice of a success is shown only while the code still has the state that this success set.
    let fresh = guest.query.get("seen") == Some(sheet.mark().as_str());
    let done = match guest.query.get("done").filter(|_| fresh) {
        Some("claim") => Some(t.done_claim),
        Some("accept") => Some(t.done_accept),
        Some(_) => Some(t.done),
        None => None,
    };
    let live = sheet.state == CodeState::Normal;
    let section = &sheet.card.section;
    let member = sheet.member.as_ref().map(|member| MemberFacts::of(guest, sheet, member));
    let gifting = matches!(sheet.state, CodeState::Gifting | CodeState::GiftTimeout);
    let dynamic = match live && shown.has_dynamic_code {
        true => Some(issue_dynamic(guest, sheet).await?),
        false => None,
    };
    let inactive = shown.member.as_ref().is_some_and(|member| !member.has_active);
    let (notices, former_notices) = notices(&shown.announcements, guest.state.clock.now());
    let (activate_url, activate_note) = match live && inactive {
        true => activation(guest, sheet).await?,
        false => (None, None),
    };
    let ticket = TicketFacts::of(guest.lang, section, shown.ticket.as_ref())?;
    let of_holder = ticket.as_ref().map_or(&[][..], |ticket| &ticket.facts);
    let details = CardDetails::of(guest.lang, sheet.card.card_type, section).without_facts(of_holder);
    let page = CodePage {
        frame: Frame::new(guest, base_text(section, "title"))
            .with_notice(done)
            .with_warning(not_done)
            .with_refusal(refused),
        seen: sheet.mark(),
        reason: sheet.unavailable_reason.clone().filter(|_| sheet.state == CodeState::Unavailable),
        t,
        face: CardFace::of_code(guest.lang, &sheet.card, sheet.window),
        state: code_view::state(guest.lang, sheet.state),
        is_dynamic: dynamic.is_some(),
        shown: if live { Some(code_display(guest, sheet, dynamic)?) } else { None },
        not_yet: (live && sheet.window.begin > guest.state.clock.now())
            .then(|| format::minute(sheet.window.begin)),
        window: card_view::span(guest.lang, sheet.window),
        activate_url,
        activate_note,
        member,
        ticket,
        notices,
        former_notices,
        links: links(sheet, &shown.links),
        details,
        stores_url: guest.url(&format!("card/{}/stores", sheet.card.id)),
        gift: match sheet.state == CodeState::Gifting {
            true => Some(gift_link(guest, sheet)?),
            false => None,
        },
        can_give: shown.can_give_friend,
        can_cancel: gifting,
        can_delete: !matches!(sheet.state, CodeState::Gifting | CodeState::Delete | CodeState::GiftSucc),
    };
    let status = match (refused, not_done) {
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    reply::html(status, &page)
}

/// The page on which the holder activates a membership, or advice if there is none.
async fn activation(
    guest: &Guest,
    sheet: &CodeSheet,
) -> Result<(Option<String>, Option<&'static str>), Fault> {
    let t = Texts::of(guest.lang);
    let section = &sheet.card.section;
    let by = Activation::of(section);
    if by.has_form() {
        let form = guest.query(ShowForm::Card(sheet.card.id.clone())).await;
        return Ok(match form {
            Ok(_) => (Some(guest.url(&format!("activate/{}", sheet.card.id))), None),
            Err(error) if error.code == ErrCode::SystemError => return Err(error.into()),
            Err(_) => (None, Some(t.ask_merchant)),
        });
    }
    let text = |key: &str| section.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut urls = ["activate_url", "bind_old_card_url"].into_iter().map(text);
    let web = urls.find(|url| url.starts_with("https://") || url.starts_with("http://"));
    Ok(match web {
        Some(url) => {
            let encrypted = encrypt_code::encrypt(&guest.app.row.token_key, &sheet.text)?;
            let carried = [("encrypt_code", encrypted.as_str()), ("card_id", sheet.card.id.as_str())];
            (Some(with_params(url, &carried)), None)
        }
        None => (None, Some(t.ask_merchant)),
    })
}

/// The dynamic code that the page shows from now on. Each view of the page issues another one.
async fn issue_dynamic(guest: &Guest, sheet: &CodeSheet) -> Result<DynamicCode, Fault> {
    let openid = Some(sheet.code.openid.clone());
    let issue = IssueDynamic { code: sheet.code_ref(), openid, draws: draws()? };
    Ok(guest.submit(issue).await?)
}

/// The code as text, barcode or QR code, as `code_type` says. A code that no barcode can encode is shown as text. The
/// pictures have the dynamic code if there is one, and the text stays the code itself.
fn code_display(
    guest: &Guest,
    sheet: &CodeSheet,
    dynamic: Option<DynamicCode>,
) -> Result<CodeDisplay, Fault> {
    let t = Texts::of(guest.lang);
    let text = dynamic.as_ref().map_or(sheet.text.as_str(), |dynamic| dynamic.text.as_str());
    let mut shown =
        CodeDisplay { text: Some(in_fours(sheet.text.as_str())), qr: None, bars: None, dynamic: None };
    match base_text(&sheet.card.section, "code_type").as_str() {
        "CODE_TYPE_NONE" => shown.text = None,
        "CODE_TYPE_QRCODE" => shown.qr = Some(qr::svg(text, t.qr)?),
        "CODE_TYPE_ONLY_QRCODE" => {
            shown.qr = Some(qr::svg(text, t.qr)?);
            shown.text = None;
        }
        "CODE_TYPE_BARCODE" => shown.bars = barcode::svg(text, t.bars),
        "CODE_TYPE_ONLY_BARCODE" => {
            shown.bars = barcode::svg(text, t.bars);
            shown.text = shown.text.filter(|_| shown.bars.is_none());
        }
        _ => {}
    }
    let pictured = shown.qr.is_some() || shown.bars.is_some();
    shown.dynamic = dynamic.map(|dynamic| DynamicDisplay {
        text: (!pictured && shown.text.is_some()).then(|| dynamic.text.to_string()),
        until: format::second(dynamic.expires_at),
    });
    Ok(shown)
}

/// Splits twelve digits into groups of four, which are easier to read aloud.
fn in_fours(text: &str) -> String {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("{} {} {}", &text[..4], &text[4..8], &text[8..]),
        false => text.to_owned(),
    }
}

/// The card's links with their names. Only web addresses become links.
fn links(sheet: &CodeSheet, links: &[(String, String)]) -> Vec<(String, String)> {
    let base = |key: &str| Some(base_text(&sheet.card.section, key)).filter(|name| !name.is_empty());
    let name = |key: &str| match key {
        "custom_url" => base("custom_url_name"),
        "promotion_url" => base("promotion_url_name"),
        "center_url" => base("center_title"),
        key => {
            let of = sheet.card.section.get(key.strip_suffix(".url")?)?;
            of.get("name")?.as_str().filter(|name| !name.is_empty()).map(str::to_owned)
        }
    };
    let web = links.iter().filter(|(_, url)| url.starts_with("https://") || url.starts_with("http://"));
    web.filter_map(|(key, url)| Some((name(key)?, url.clone()))).collect()
}

/// Runs the action of the pressed button.
pub async fn act(guest: Guest, form: Fields) -> PageResult {
    let (openid, form) = guest.sender(form, &path(&guest))?;
    let sheet = held(&guest, &openid).await?;
    let code = sheet.code_ref();
    let action = form.get("act").unwrap_or_default().to_owned();
    let once = guest.once(&form, &openid, sheet.object());
    let outcome = match action.as_str() {
        "give" => guest.submit_once(Gift::of(code, openid), once).await,
        "cancel" => {
            let from = match sheet.state {
                CodeState::GiftTimeout => GiftState::TimedOut,
                _ => GiftState::Gifting,
            };
            guest.submit_once(ReturnGift { code, openid, from }, once).await
        }
        "delete" if form.ticked("sure") => guest.submit_once(DeleteCode { code, openid }, once).await,
        _ => return Ok(reply::redirect(&url(&guest, &sheet))),
    };
    match outcome {
        Ok(Submission::Not(why, _)) => page(&guest, &sheet, Some(why), None).await,
        Ok(Submission::Done(())) if action == "delete" => {
            Ok(reply::redirect(&format!("{}?done=delete", guest.url("cards"))))
        }
        Ok(Submission::Done(())) => Ok(reply::redirect(&url(&guest, &sheet))),
        Err(error) => page(&guest, &sheet, None, Some(&error)).await,
    }
}

texts! {
    /// The texts of the page.
    Texts {
        qr: "QR code of this card, to be shown at the till", "卡券二维码，请向店员出示";
        bars: "Bar code of this card, to be shown at the till", "卡券条形码，请向店员出示";
        show: "Show this at the till.", "请向店员出示。";
        dynamic: "Code of the moment", "动态码";
        valid_until: "Valid until", "有效至";
        renew: "Show a new code", "显示新的动态码";
        not_yet: "Can be used from", "生效时间";
        window: "Validity", "有效期";
        number: "Membership number", "会员号";
        card_number: "Card number", "卡号";
        level: "Level", "等级";
        coupon: "Coupons", "优惠券";
        stamp: "Stamps", "印花";
        discount: "Discount", "折扣";
        achievement: "Achievements", "成就";
        mileage: "Miles", "里程";
        set_points: "Points collected", "集点";
        times: "Times", "次数";
        bonus: "Points", "积分";
        balance: "Balance", "余额";
        not_active: "Your card is not active yet.", "您的卡尚未激活。";
        activate: "Activate it now", "立即激活";
        ask_merchant: "Ask the merchant to activate it for you.", "请联系商家激活。";
        more: "More", "查看";
        former_notices: "Earlier announcements", "历史公告";
        reason: "The merchant's reason:", "商家说明：";
        details: "Details and terms of use", "优惠与使用说明";
        stores: "Where it can be used", "适用门店";
        give: "Give it to a friend", "转赠好友";
        gift_note: "Send this link to your friend. The first person who opens and accepts it gets the card.", "将此链接发给好友，先打开并接受者即可获得。";
        gift_link: "Link to the gift", "转赠链接";
        cancel: "Take the gift back", "撤回转赠";
        delete: "Delete", "删除";
        sure: "Delete this card from my cards", "确认删除此卡券";
        done_claim: "It is yours.", "领取成功。";
        done_accept: "Your friend's gift is yours.", "已接受好友的转赠。";
        done: "Done.", "已完成。";
    }
}
