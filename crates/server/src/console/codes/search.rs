//! `/console/{appid}/codes`: finds codes by code, by openid, or by the phone number in a member's activation form.

use crate::console::{Frame, Visit};
use crate::http::link::{encode, with_params};
use crate::pages::card_view::{base_text, days};
use crate::pages::code_view::{self, CodeSheet};
use crate::pages::{Fault, PageResult, format, texts};
use crate::state::{blocking, expensive};
use askama::Template;
use kaquan_core::code::Code;
use kaquan_core::engine::Record;
use kaquan_core::error::Result;
use kaquan_core::id::{CodeSeq, OpenId};
use kaquan_core::member::MemberInfo;
use kaquan_store::Store;

/// Codes of one holder that are shown.
const CODES_MAX: usize = 200;
/// The field of a member's activation form that contains the phone number.
const MOBILE: &str = "USER_FORM_INFO_FLAG_MOBILE";

#[derive(Template)]
#[template(path = "console/codes/search.html")]
struct SearchPage {
    frame: Frame,
    t: &'static Texts,
    words: String,
    rows: Vec<Row>,
}

/// A code in a list.
pub struct Row {
    /// The URL of its page.
    pub url: String,
    pub code: String,
    /// The title of its card.
    pub title: String,
    /// Its holder.
    pub openid: String,
    pub state: (&'static str, &'static str),
    /// When the holder got the code.
    pub claimed: String,
    /// When the code can be used.
    pub window: String,
}

impl Row {
    pub fn of(visit: &Visit, sheet: &CodeSheet) -> Row {
        Row {
            url: url(visit, sheet),
            code: sheet.text.to_string(),
            title: base_text(&sheet.card.section, "title"),
            openid: sheet.code.openid.to_string(),
            state: code_view::state(visit.lang, sheet.state),
            claimed: format::minute(sheet.code.claimed_at),
            window: days(visit.lang, sheet.window),
        }
    }
}

/// The URL of a code's page. A custom code needs the id of its card.
pub fn url(visit: &Visit, sheet: &CodeSheet) -> String {
    let page = visit.url(&format!("codes/{}", encode(sheet.text.as_str())));
    match sheet.code.custom {
        Some(_) => with_params(&page, &[("card_id", sheet.card.id.as_str())]),
        None => page,
    }
}

/// The search field and the codes that were found.
pub async fn show(visit: Visit) -> PageResult {
    let words = visit.query.get("q").unwrap_or_default().to_owned();
    let sheets = if words.is_empty() { Vec::new() } else { find(&visit, &words).await? };
    let t = Texts::of(visit.lang);
    let rows = sheets.iter().map(|sheet| Row::of(&visit, sheet)).collect();
    visit.page(&SearchPage { frame: visit.frame(t.title, "codes"), t, words, rows })
}

async fn find(visit: &Visit, words: &str) -> Result<Vec<CodeSheet>, Fault> {
    let mut sheets = code_view::by_text(&visit.state, &visit.app, words).await?;
    let (app, openid) = (visit.app_id(), OpenId::from(words));
    let newest =
        move |store: &dyn Store| code_view::newest_of_holder(store, app, &openid, CODES_MAX, |_| true);
    let mut held = blocking(&visit.state, newest).await?;
    held.extend(by_phone(visit, words).await?);
    sheets.extend(code_view::of_codes(&visit.state, &visit.app, held).await?);
    Ok(sheets)
}

/// The member cards with this phone number. The store searches all forms for it: merchants search by phone rarely, so
/// there is no index.
async fn by_phone(visit: &Visit, phone: &str) -> Result<Vec<Code>, Fault> {
    if phone.len() < 5 || !phone.bytes().all(|byte| byte.is_ascii_digit() || b"+- ".contains(&byte)) {
        return Ok(Vec::new());
    }
    let (app, now, text) = (visit.app_id(), visit.now(), phone.to_owned());
    let found = expensive(&visit.state, app, move |store: &dyn Store| {
        store.records_with(app, MemberInfo::KIND, &text, CODES_MAX)
    })
    .await?;
    let mut seqs = Vec::new();
    for (key, record) in found.iter().filter(|(_, record)| record.is_alive(now)) {
        let info: MemberInfo = record.value()?;
        if info.common_field_list.iter().any(|answer| answer.name == MOBILE && answer.value == phone) {
            seqs.push(CodeSeq(key.no));
        }
    }
    Ok(code_view::codes(&visit.state, app, seqs).await?)
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Codes and holders", "卡券码与用户";
        words: "Code, openid, or phone number of a member", "卡券码、openid 或会员手机号";
        find: "Find", "查找";
        none: "Nothing was found.", "没有找到。";
        code: "Code", "卡券码";
        card: "Card", "卡券";
        holder: "Holder", "用户";
        state: "State", "状态";
        claimed: "Since", "获得时间";
        window: "Validity", "有效期";
    }
}
