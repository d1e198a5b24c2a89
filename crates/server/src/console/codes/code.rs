//! `/console/{appid}/codes/{code}`: a code with its state, holder, history and possible actions. For a member card or a
//! general card, the page also shows the member.

use super::history::{self, Moment};
use crate::console::{Frame, Visit};
use crate::http::link::with_params;
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace, base_text};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::{Fault, Fields, PageResult, format, texts};
use askama::Template;
use kaquan_core::code::CodeState;
use kaquan_core::error::Error;
use kaquan_core::member::Member;

#[derive(Template)]
#[template(path = "console/codes/code.html")]
pub struct CodePage {
    pub frame: Frame,
    t: &'static Texts,
    card_id: String,
    card_url: String,
    card_title: String,
    face: CardFace,
    details: CardDetails,
    openid: String,
    holder_url: String,
    state: (&'static str, &'static str),
    window: String,
    channel: String,
    member: Option<MemberPanel>,
    can_consume_at: Option<String>,
    can_void: bool,
    can_return: bool,
    action: String,
    history: Vec<Moment>,
    earlier: Option<String>,
    /// The mark of the code's state.
    seen: String,
    /// The typed values of a form that changed nothing.
    pub typed: TypedFields,
}

/// The typed values of the page's forms.
#[derive(Debug, Default)]
pub struct TypedFields {
    add_bonus: String,
    add_balance: String,
    why: String,
    reason: String,
}

impl TypedFields {
    /// The typed values in a sent form.
    pub fn of(form: &Fields) -> TypedFields {
        TypedFields {
            add_bonus: form.typed("add_bonus"),
            add_balance: form.typed("add_balance"),
            why: form.typed("why"),
            reason: form.typed("reason"),
        }
    }
}

struct MemberPanel {
    number: String,
    active: Option<String>,
    bonus: String,
    balance: String,
    /// Whether points can be added.
    can_add_bonus: bool,
    /// Whether a balance can be added.
    can_add_balance: bool,
}

impl MemberPanel {
    fn of(sheet: &CodeSheet, member: &Member) -> MemberPanel {
        let (general, active) = (sheet.card.terms.general, sheet.is_active);
        MemberPanel {
            number: member.number(&sheet.text).to_owned(),
            active: member.active_at.map(format::second),
            bonus: format::number(member.bonus),
            balance: format::yuan(member.balance),
            can_add_bonus: active && general.is_none_or(|general| general.supply_bonus),
            can_add_balance: active && general.is_none_or(|general| general.supply_balance),
        }
    }
}

/// The code in the path.
///
/// # Errors
///
/// 404 if the code does not exist.
pub async fn named(visit: &Visit) -> Result<CodeSheet, Fault> {
    let card_id = visit.query.get("card_id");
    let found = code_view::one(&visit.state, &visit.app, visit.param("code"), card_id).await?;
    found.ok_or(Fault::NOT_FOUND)
}

/// The page of a code, and the refusal of a form if there is one.
pub async fn page(visit: &Visit, sheet: &CodeSheet, refused: Option<&Error>) -> Result<CodePage, Fault> {
    let t = Texts::of(visit.lang);
    let current = if sheet.card.card_type.has_member_data() { "members" } else { "codes" };
    let mut frame = visit.frame(sheet.text.as_str(), current).with_assets(&["cards.css", "codes.css"], &[]);
    // The notice of a success is shown only while the code still has the state that this success set.
    if visit.query.get("done").is_some() && visit.query.get("seen") == Some(sheet.mark().as_str()) {
        frame = frame.with_notice(t.done);
    }
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
    }
    let card_id = sheet.code.custom.is_some().then(|| sheet.card.id.to_string());
    let (history, next) =
        history::of_code(visit, sheet.text.as_str(), card_id, visit.query.int("before")).await?;
    let undo_until = sheet.code.changed_at.plus(visit.row.app.return_window_secs);
    let usable = sheet.refusal.is_none() && sheet.card.is_consumed();
    Ok(CodePage {
        frame,
        t,
        card_id: sheet.card.id.to_string(),
        card_url: visit.url(&format!("cards/{}", sheet.card.id)),
        card_title: base_text(&sheet.card.section, "title"),
        face: CardFace::of_code(visit.lang, &sheet.card, sheet.window),
        details: CardDetails::of(visit.lang, sheet.card.card_type, &sheet.card.section),
        openid: sheet.code.openid.to_string(),
        holder_url: with_params(&visit.url("codes"), &[("q", sheet.code.openid.as_str())]),
        state: code_view::state(visit.lang, sheet.state),
        window: card_view::span(visit.lang, sheet.window),
        channel: sheet.code.outer_str.clone().unwrap_or_default(),
        member: sheet.member.as_ref().map(|member| MemberPanel::of(sheet, member)),
        can_consume_at: usable.then(|| with_params(&visit.url("till"), &[("code", sheet.text.as_str())])),
        can_void: matches!(
            sheet.state,
            CodeState::Normal | CodeState::Expire | CodeState::Gifting | CodeState::GiftTimeout
        ),
        can_return: sheet.state == CodeState::Consumed && undo_until > visit.now(),
        action: super::search::url(visit, sheet),
        history,
        seen: sheet.mark(),
        typed: TypedFields::default(),
        earlier: next.map(|next| format!("?{}", visit.query.with("before", Some(&next.to_string())))),
    })
}

pub async fn show(visit: Visit) -> PageResult {
    let sheet = named(&visit).await?;
    visit.page(&page(&visit, &sheet, None).await?)
}

texts! {
    /// The texts of the page.
    Texts {
        card: "Card", "卡券";
        holder: "Holder", "用户";
        state: "State", "状态";
        window: "Validity", "有效期";
        channel: "Channel", "渠道";
        member: "Member", "会员";
        number: "Membership number", "会员号";
        active: "Active since", "激活时间";
        not_active: "not active yet", "尚未激活";
        bonus: "Points", "积分";
        balance: "Balance", "余额";
        adjust: "Adjust", "调整";
        add_bonus: "Points to add; negative to take", "增减积分（负数为扣减）";
        add_balance: "Balance to add in yuan; negative to take", "增减余额（元，负数为扣减）";
        why: "Why", "原因";
        till: "Consume at the till", "前往核销";
        take_back: "Undo the consume", "撤销核销";
        void: "Make unavailable", "设为失效";
        void_note: "The holder can never use the code again.", "用户将无法再使用此码，且无法恢复。";
        void_reason: "Why (shown to the holder on the page of the code)", "原因（展示在用户的卡券页）";
        sure: "Make this code unavailable for good", "确认将此码永久失效";
        history: "History", "历史";
        resend: "Push again", "重新推送";
        earlier: "Look further back", "查看更早";
        nothing: "The log has nothing in this stretch.", "这段日志中没有记录。";
        done: "Done.", "已完成。";
    }
}
