//! `/w/{appid}/activate/{card_id}`: the activation form of a member card. Links of `activate/geturl` lead here. A
//! holder without the card claims it with this form. If the merchant activates the card, the holder is redirected to
//! the merchant's page.

use super::frame::Frame;
use super::guest::Guest;
use crate::auth::{encrypt_card_id, secret};
use crate::http::link::{encode, with_params, with_query};
use crate::pages::once::{FormObject, NotDone, Submission};
use crate::pages::{Fault, Fields, Form, PageResult, Visitor, code_view, reply, texts};
use crate::state::{self, blocking};
use crate::wallet::activate::submit::onward;
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::code::{Claim, Via};
use kaquan_core::error::{ErrCode, Error};
use kaquan_core::id::OpenId;
use kaquan_core::member::{
    FormPart, MemberForm, MemberInfo, RichField, RichKind, ShowForm, SubmitForm, SubmittedForm, Target,
};
use kaquan_core::value::is_web_address;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "wallet/activate.html")]
struct ActivatePage {
    frame: Frame,
    t: &'static Texts,
    statement: Option<(String, String)>,
    bind: Option<(String, String)>,
    asked: Vec<FormQuestion>,
}

/// A question of the form.
struct FormQuestion {
    id: String,
    label: String,
    name: String,
    kind: &'static str,
    choices: Vec<(String, bool)>,
    value: String,
    required: bool,
}

/// The page for a link of `activate/geturl`, with the parameters `encrypt_card_id`, `biz` and `outer_str`.
pub async fn from_link(visitor: Visitor, _: Fields) -> PageResult {
    let guest = Guest::of_biz(visitor).await?;
    let encrypted = guest.query.get("encrypt_card_id").unwrap_or_default().replace(' ', "+");
    let no = encrypt_card_id::decrypt(&guest.app.row.token_key, &encrypted).ok_or(Fault::NOT_FOUND)?;
    let shown = guest.query(ShowForm::CardNo(no)).await?;
    let outer_str = guest.query.get("outer_str").unwrap_or_default();
    let form = guest.url(&format!("activate/{}", shown.card_id));
    Ok(reply::redirect(&with_params(&form, &[("outer_str", outer_str)])))
}

async fn form(guest: &Guest) -> Result<MemberForm, Fault> {
    let shown = guest.query(ShowForm::Card(guest.param("card_id").into())).await?;
    Ok(shown.form)
}

fn path(guest: &Guest) -> String {
    with_params(&guest.path, &[("outer_str", guest.query.get("outer_str").unwrap_or_default())])
}

/// The form.
pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let openid = guest.holder(&path(&guest))?;
    let form = form(&guest).await?;
    let refused = not_for(&guest, openid).await?;
    page(&guest, &form, &Fields::default(), None, refused.as_ref())
}

/// For a card that only named holders may claim: refuses other guests before they fill in the form.
async fn not_for(guest: &Guest, openid: OpenId) -> Result<Option<Error>, Fault> {
    let app = guest.app_id();
    let cards = state::cards(&guest.state, app, vec![guest.param("card_id").into()]).await?;
    let Some(card) = cards.into_iter().find(|card| card.terms.bind_openid) else { return Ok(None) };
    let held =
        blocking(&guest.state, move |store| store.codes_of_holder(app, &openid, Some(card.no))).await?;
    let reason = "this card is only for holders that its links name";
    Ok(held.is_empty().then(|| Error::field(ErrCode::InvalidOpenid, "openid", reason)))
}

fn page(
    guest: &Guest,
    form: &MemberForm,
    typed: &Fields,
    not_done: Option<NotDone>,
    refused: Option<&Error>,
) -> PageResult {
    let t = Texts::of(guest.lang);
    let mut asked = questions(t, &form.required_form, true, typed);
    asked.extend(questions(t, &form.optional_form, false, typed));
    let link = |link: &Option<kaquan_core::member::Link>| link.clone().map(|link| (link.url, link.name));
    let is_web = |link: &(String, String)| is_web_address(&link.0);
    let page = ActivatePage {
        frame: Frame::new(guest, t.title).with_warning(not_done).with_refusal(refused),
        t,
        // The terms may have a name only; their text is then elsewhere.
        statement: link(&form.service_statement).filter(|link| link.0.is_empty() || is_web(link)),
        bind: link(&form.bind_old_card).filter(is_web),
        asked,
    };
    let status = match (refused, not_done) {
        (Some(_), _) => StatusCode::UNPROCESSABLE_ENTITY,
        (None, Some(_)) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    reply::html(status, &page)
}

fn questions(t: &'static Texts, part: &FormPart, required: bool, typed: &Fields) -> Vec<FormQuestion> {
    let value = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let common = part.common_field_id_list.iter().map(|field| {
        let name = format!("common.{field}");
        let (label, kind) = t.common(field);
        FormQuestion {
            id: field.clone(),
            label,
            value: value(&name),
            name,
            kind,
            choices: t.choices(field),
            required,
        }
    });
    let own = part.custom_field_list.iter().enumerate().map(|(at, field)| {
        let name = format!("own.{field}");
        let id = format!("own-{required}-{at}");
        FormQuestion {
            id,
            label: field.clone(),
            value: value(&name),
            name,
            kind: "text",
            choices: vec![],
            required,
        }
    });
    let rich = part.rich_field_list.iter().enumerate().map(|(at, field)| rich(field, at, required, typed));
    common.chain(own).chain(rich).collect()
}

fn rich(field: &RichField, at: usize, required: bool, typed: &Fields) -> FormQuestion {
    let name = format!("own.{}", field.name);
    let chosen: Vec<&str> = typed.all(&name).collect();
    FormQuestion {
        id: format!("rich-{required}-{at}"),
        label: field.name.clone(),
        kind: match field.kind {
            RichKind::Radio | RichKind::Select => "select",
            RichKind::CheckBox => "boxes",
        },
        choices: field.values.iter().map(|value| (value.clone(), chosen.contains(&value.as_str()))).collect(),
        value: typed.get(&name).unwrap_or_default().to_owned(),
        name,
        required,
    }
}

/// The answers, in the form of the API.
fn answers(form: &MemberForm, typed: &Fields) -> Value {
    let parts = [&form.required_form, &form.optional_form];
    let common = parts
        .iter()
        .flat_map(|part| &part.common_field_id_list)
        .filter_map(|field| Some(json!({"name": field, "value": typed.get(&format!("common.{field}"))?})));
    let text = parts
        .iter()
        .flat_map(|part| &part.custom_field_list)
        .filter_map(|field| Some(json!({"name": field, "value": typed.get(&format!("own.{field}"))?})));
    let rich = parts.iter().flat_map(|part| &part.rich_field_list).filter_map(|field| {
        let name = format!("own.{}", field.name);
        let chosen: Vec<&str> = typed.all(&name).filter(|value| !value.is_empty()).collect();
        match (field.kind, chosen.first()) {
            (_, None) => None,
            (RichKind::CheckBox, _) => Some(json!({"name": field.name, "value_list": chosen})),
            (_, Some(value)) => Some(json!({"name": field.name, "value": value})),
        }
    });
    json!({"common_field_list": common.collect::<Vec<_>>(), "custom_field_list": text.chain(rich).collect::<Vec<_>>()})
}

/// Submits the form.
pub async fn act(guest: Guest, sent: Fields) -> PageResult {
    let (openid, typed) = guest.sender(sent, &path(&guest))?;
    let form = form(&guest).await?;
    match submit(&guest, openid.clone(), &form, &typed).await {
        Ok(Submission::Done(url) | Submission::Not(_, Some(url))) => Ok(reply::redirect(&url)),
        Ok(Submission::Not(why, None)) => page(&guest, &form, &typed, Some(why), None),
        Err(error) => page(&guest, &form, &typed, None, Some(&error)),
    }
}

async fn submit(
    guest: &Guest,
    openid: OpenId,
    form: &MemberForm,
    typed: &Form,
) -> Result<Submission<String>, Error> {
    let answers = answers(form, typed);
    let answers = MemberInfo::read(answers.as_object().unwrap_or(&serde_json::Map::new()))?;
    let outer_str = guest.query.get("outer_str").map(str::to_owned);
    let claim = Claim { outer_str, ..Claim::of(guest.param("card_id").into(), openid.clone(), Via::Form) };
    let ticket = secret::fresh_activate_ticket()?;
    let op = SubmitForm { target: Target::Card(claim), openid: openid.clone(), answers, ticket };
    let once = guest.once(typed, &openid, FormObject::named(guest.param("card_id")));
    Ok(match guest.submit_once(op, once).await? {
        Submission::Done(done) => Submission::Done(next(guest, &done, &openid, None).await?),
        Submission::Not(why, Some(done)) => {
            let next = next(guest, &done, &openid, Some(why)).await?;
            Submission::Not(why, Some(next))
        }
        Submission::Not(why, None) => Submission::Not(why, None),
    })
}

/// The next page of the holder: the merchant's page, or the page of the code.
async fn next(
    guest: &Guest,
    done: &SubmittedForm,
    openid: &OpenId,
    before: Option<NotDone>,
) -> Result<String, Error> {
    let code = guest.app.claimed_text(&done.claimed)?;
    if let Some(url) = onward(&guest.app, done, &code, openid)? {
        return Ok(url);
    }
    let card = done.claimed.custom.is_some().then_some(done.card_id.as_str());
    let sheet = code_view::one(&guest.state, &guest.app, code.as_str(), card).await?;
    let says = match before {
        Some(before) => before.query(),
        None => format!("done=activate&seen={}", sheet.map(|sheet| sheet.mark()).unwrap_or_default()),
    };
    let page = guest.url(&format!("codes/{}", encode(code.as_str())));
    let page = card.map_or(page.clone(), |card| with_params(&page, &[("card_id", card)]));
    Ok(with_query(&page, &says))
}

impl Texts {
    /// The label of one of WeChat's own fields, and the type of its input.
    fn common(&self, field: &str) -> (String, &'static str) {
        let (label, kind) = match field.trim_start_matches("USER_FORM_INFO_FLAG_") {
            "MOBILE" => (self.mobile, "tel"),
            "SEX" => (self.sex, "select"),
            "NAME" => (self.name, "text"),
            "BIRTHDAY" => (self.birthday, "text"),
            "IDCARD" => (self.idcard, "text"),
            "EMAIL" => (self.email, "email"),
            "LOCATION" => (self.location, "text"),
            "EDUCATION_BACKGROUND" => (self.education, "text"),
            "CAREER" => (self.career, "text"),
            "INDUSTRY" => (self.industry, "text"),
            "INCOME" => (self.income, "text"),
            "HABIT" => (self.habit, "text"),
            other => (other, "text"),
        };
        (label.to_owned(), kind)
    }

    fn choices(&self, field: &str) -> Vec<(String, bool)> {
        match field {
            "USER_FORM_INFO_FLAG_SEX" => ["MALE", "FEMALE"].map(|sex| (sex.to_owned(), false)).to_vec(),
            _ => Vec::new(),
        }
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Activate your membership", "激活会员卡";
        mobile: "Mobile number", "手机号";
        sex: "Sex", "性别";
        name: "Name", "姓名";
        birthday: "Birthday, such as 1990-05-17", "生日，如 1990-05-17";
        idcard: "Identity card", "身份证";
        email: "E-mail", "邮箱";
        location: "Address", "详细地址";
        education: "Education", "教育背景";
        career: "Occupation", "职业";
        industry: "Industry", "行业";
        income: "Income", "收入";
        habit: "Hobbies", "兴趣爱好";
        optional: "if you like", "选填";
        choose: "Choose", "请选择";
        submit: "Hand in", "提交";
        agree: "By handing in you agree to", "提交即表示同意";
    }
}
