//! `/console/{appid}/till`: the page for clerks, on a phone or tablet. The clerk scans or types a code and consumes
//! it. For a while the clerk can undo the consume. Payments are recorded here too. The store of the till is in
//! `till_store`.

use super::till_store::{self, StoreOfTill};
use super::{Frame, Visit};
use crate::http::link::with_params;
use crate::pages::card_details::CardDetails;
use crate::pages::card_view::{self, CardFace};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::once::Submission;
use crate::pages::{Fault, Fields, Form, PageResult, format, refusal, reply, texts};
use askama::Template;
use kaquan_core::code::{CodeState, Consume, ConsumeSource, ReturnConsume};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::member::Pay;
use serde_json::json;

#[derive(Template)]
#[template(path = "console/till.html")]
struct TillPage {
    frame: Frame,
    t: &'static Texts,
    typed: String,
    action: String,
    /// Number and name of each store, and whether it is chosen.
    stores: Vec<(i64, String, bool)>,
    store: StoreOfTill,
    store_url: String,
    panels: Vec<CodePanel>,
    unknown: bool,
    /// The typed amount, if the payment was not recorded.
    fee: String,
    /// The typed amount before reductions, if the payment was not recorded.
    original_fee: String,
}

/// A found code.
struct CodePanel {
    /// The mark of the code's state.
    seen: String,
    code: String,
    card_id: String,
    face: CardFace,
    details: CardDetails,
    title: String,
    state: (&'static str, &'static str),
    can_consume: bool,
    can_pay: bool,
    why_not: Option<String>,
    window: String,
    undo_until: Option<String>,
    member: Option<(String, String)>,
    consume_url: String,
    undo_url: String,
    pay_url: String,
}

/// The till. With `?code=`, it shows the codes with this text.
pub async fn show(visit: Visit) -> PageResult {
    let typed = visit.query.get("code").unwrap_or_default().to_owned();
    let card_id = visit.query.get("card_id").map(str::to_owned);
    let page = page(&visit, &typed, card_id.as_deref(), &Fields::default()).await?;
    visit.page(&page)
}

async fn page(visit: &Visit, typed: &str, card_id: Option<&str>, form: &Fields) -> Result<TillPage, Fault> {
    let t = Texts::of(visit.lang);
    let mut sheets = match typed.is_empty() {
        true => Vec::new(),
        false => code_view::by_text(&visit.state, &visit.app, typed).await?,
    };
    if let Some(card_id) = card_id {
        sheets.retain(|sheet| sheet.card.id.as_str() == card_id);
    }
    let mut frame = visit.frame(t.title, "till").with_assets(&["cards.css", "till.css"], &["till.js"]);
    // The notice of a success is shown only while the code still has the state that this success set.
    let fresh = sheets.iter().any(|sheet| visit.query.get("seen") == Some(sheet.mark().as_str()));
    frame.notice = match visit.query.get("done").filter(|_| fresh) {
        Some("consume") => Some(t.done_consume.to_owned()),
        Some("undo") => Some(t.done_undo.to_owned()),
        Some("pay") => Some(t.done_pay.to_owned()),
        _ => None,
    };
    let mut panels: Vec<CodePanel> = sheets.iter().map(|sheet| panel(visit, sheet)).collect();
    if frame.notice.is_some() {
        // After a success, the reason why the code cannot be used would look like a failure.
        panels.iter_mut().for_each(|panel| panel.why_not = None);
    }
    let store = StoreOfTill::of(visit).await?;
    let mut stores = if store.is_given { Vec::new() } else { till_store::stores(visit).await? };
    // The store that was chosen stays, also when it is beyond the end of the list.
    if let Some(chosen) = store.location_id.filter(|chosen| stores.iter().all(|(no, _)| no != chosen)) {
        stores.push((chosen, store.name.clone()));
    }
    Ok(TillPage {
        unknown: !typed.is_empty() && sheets.is_empty(),
        frame,
        t,
        typed: typed.to_owned(),
        action: visit.url("till"),
        stores: stores
            .into_iter()
            .map(|(no, name)| (no, format!("{name} · {no}"), store.location_id == Some(no)))
            .collect(),
        store,
        store_url: visit.url("till/store"),
        panels,
        fee: form.typed("fee"),
        original_fee: form.typed("original_fee"),
    })
}

fn panel(visit: &Visit, sheet: &CodeSheet) -> CodePanel {
    let undo_until = sheet.code.changed_at.plus(visit.row.app.return_window_secs);
    let can_undo = sheet.state == CodeState::Consumed && undo_until > visit.now();
    let member_card = sheet.card.card_type.is_member_card();
    let usable = sheet.refusal.is_none();
    let active = sheet.is_active;
    let t = Texts::of(visit.lang);
    let why_not = match (&sheet.refusal, member_card, active) {
        (None, true, false) => Some(t.not_active.to_owned()),
        (None, ..) => None,
        (Some(error), ..) => Some(refusal::sentence(visit.lang, error)),
    };
    CodePanel {
        seen: sheet.mark(),
        code: sheet.text.to_string(),
        card_id: sheet.card.id.to_string(),
        face: CardFace::of_code(visit.lang, &sheet.card, sheet.window),
        details: CardDetails::of(visit.lang, sheet.card.card_type, &sheet.card.section),
        title: card_view::base_text(&sheet.card.section, "title"),
        state: code_view::state(visit.lang, sheet.state),
        can_consume: usable && sheet.card.is_consumed(),
        can_pay: usable && ((member_card && active) || sheet.pay_cell),
        why_not,
        window: card_view::span(visit.lang, sheet.window),
        undo_until: can_undo.then(|| format::second(undo_until)),
        member: sheet.member.as_ref().map(|m| (format::number(m.bonus), format::yuan(m.balance))),
        consume_url: visit.url("till/consume"),
        undo_url: visit.url("till/undo"),
        pay_url: visit.url("till/pay"),
    }
}

/// The code that a form names.
async fn sheet(visit: &Visit, form: &Fields) -> Result<CodeSheet, Fault> {
    let code = form.get("code").unwrap_or_default();
    let found = code_view::one(&visit.state, &visit.app, code, form.get("card_id")).await?;
    Ok(found.ok_or(ErrCode::InvalidSerialCode)?)
}

async fn done<R>(
    visit: &Visit,
    form: &Fields,
    outcome: Result<Submission<R>, Error>,
    done: &str,
) -> PageResult {
    let code = form.get("code").unwrap_or_default();
    match outcome {
        Ok(Submission::Done(_)) => {
            let seen = sheet(visit, form).await?.mark();
            let card_id = form.get("card_id").unwrap_or_default();
            let params = [("code", code), ("card_id", card_id), ("done", done), ("seen", &seen)];
            Ok(reply::redirect(&with_params(&visit.url("till"), &params)))
        }
        Ok(Submission::Not(why, _)) => {
            let mut page = page(visit, code, form.get("card_id"), form).await?;
            page.frame = page.frame.with_warning(Some(why));
            visit.not_done(&page)
        }
        Err(error) => {
            let mut page = page(visit, code, form.get("card_id"), form).await?;
            page.frame = page.frame.with_refusal(&error);
            visit.refused(&page)
        }
    }
}

/// Consumes the shown code.
pub async fn consume(visit: Visit, form: Form) -> PageResult {
    let sheet = sheet(&visit, &form).await?;
    let store = StoreOfTill::of(&visit).await?;
    let consume = Consume {
        outer_str: store.named(),
        source: ConsumeSource::Console,
        place: store.place(&visit),
        ..Consume::of(sheet.code_ref())
    };
    let after = json!({
        "card_id": sheet.card.id.as_str(), "store": store.name, "location_id": store.location_id,
    });
    let audit = visit.audit("code_consume", sheet.text.as_str(), json!(sheet.state.wire()), after);
    let outcome = visit.submit(consume, audit, &form, sheet.object()).await;
    done(&visit, &form, outcome, "consume").await
}

/// Undoes a consume.
pub async fn undo(visit: Visit, form: Form) -> PageResult {
    let sheet = sheet(&visit, &form).await?;
    let reason = StoreOfTill::of(&visit).await?.named();
    let after = json!({"card_id": sheet.card.id.as_str()});
    let audit = visit.audit("code_return", sheet.text.as_str(), json!(sheet.state.wire()), after);
    let undo = ReturnConsume { code: sheet.code_ref(), reason };
    let outcome = visit.submit(undo, audit, &form, sheet.object()).await;
    done(&visit, &form, outcome, "undo").await
}

/// Records a member's payment.
pub async fn pay(visit: Visit, form: Form) -> PageResult {
    let sheet = sheet(&visit, &form).await?;
    let amount = |key: &str| form.get(key).map(|text| format::fen(text).ok_or(key.to_owned())).transpose();
    let wrong = |field: String| Error::field(ErrCode::DataFormat, field, "must be an amount such as 12.50");
    let outcome = match (amount("fee"), amount("original_fee")) {
        (Ok(Some(fee)), Ok(original)) => {
            let original_fee = original.unwrap_or(fee);
            let code = sheet.code_ref();
            let place = StoreOfTill::of(&visit).await?.place(&visit);
            let after = json!({
                "card_id": sheet.card.id.as_str(), "fee": fee, "original_fee": original_fee,
                "location_id": place.location_id,
            });
            let audit = visit.audit("member_pay", sheet.text.as_str(), json!(null), after);
            let pay = Pay { code, fee, original_fee, trans_id: None, out_trade_no: None, place };
            visit.submit(pay, audit, &form, sheet.object()).await
        }
        (Ok(None), _) => Err(wrong("fee".to_owned())),
        (Err(field), _) | (_, Err(field)) => Err(wrong(field)),
    };
    done(&visit, &form, outcome, "pay").await
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Till", "核销台";
        code: "Code", "卡券码";
        look: "Look it up", "查询";
        details: "Details and terms of use", "优惠与使用说明";
        scan: "Scan with the camera", "用相机扫码";
        scanning: "Hold the code in front of the camera.", "请将码对准相机。";
        no_script: "Type the code. To scan with the camera, the page needs scripts.", "请输入卡券码。启用脚本后可用相机扫码。";
        insecure: "Type the code. Browsers open the camera only on https pages.", "请输入卡券码。浏览器只在 https 页面上允许使用相机。";
        unable: "Type the code, or use a hand scanner. This browser cannot read codes with the camera.", "请输入卡券码，或使用扫码枪。此浏览器不支持相机扫码。";
        camera_refused: "Type the code. The camera could not be opened: allow it in the browser's settings.", "请输入卡券码。相机未能打开，请在浏览器设置中允许使用相机。";
        unknown: "There is no such code.", "没有这个卡券码。";
        consume: "Consume", "核销";
        undo: "Undo", "撤销核销";
        undo_until: "Can be undone until", "可撤销至";
        window: "Validity", "有效期";
        points: "Points", "积分";
        balance: "Balance", "余额";
        fee: "Paid, in yuan", "实付金额（元）";
        original_fee: "Due before reductions, in yuan", "应付金额（元）";
        pay: "Record the payment", "记录付款";
        not_active: "The member card is not active yet.", "会员卡尚未激活。";
        store: "Store of this till", "本核销台所在门店";
        any_store: "No store", "不指定";
        given: "The settings of this account say which store it is.", "由此账号的设置指定。";
        deleted: "The store of this till was deleted. Consumes count for no store until the settings name another one.", "本核销台的门店已删除。在设置中指定其他门店之前，核销不计入任何门店。";
        remember: "Remember", "记住";
        done_consume: "Consumed.", "核销成功。";
        done_undo: "The consume was undone. The code can be used again.", "已撤销核销，此码可再次使用。";
        done_pay: "The payment was recorded.", "付款已记录。";
        next: "Next code", "下一个";
    }
}
