//! `/console/{appid}/settings/upstream`: the original host of the app, and the last calls that this node passed on to it.

use crate::console::{Frame, Visit};
use crate::gateway::{
    CardMessage, PassedCall, UpstreamChange, UpstreamSecrets, UpstreamSettings, UpstreamView,
};
use crate::pages::once::{FormObject, NotDone, Submission, mark};
use crate::pages::{Fault, Form, PageResult, format, texts};
use askama::Template;
use kaquan_core::error::{ErrCode, Error, Result};
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "console/settings/upstream.html")]
struct UpstreamPage {
    frame: Frame,
    t: &'static Texts,
    base: String,
    seen: String,
    is_set: bool,
    url: String,
    appid: String,
    has_secret: bool,
    token_host: String,
    allow: String,
    refuse: String,
    messages: Vec<(&'static str, &'static str, bool)>,
    timeout_secs: u64,
    calls: Vec<CallRow>,
}

struct CallRow {
    at: String,
    method: String,
    path: String,
    status: u16,
    errcode: String,
    millis: u32,
    bytes: u64,
    fault: String,
    colour: &'static str,
}

type Found = Option<(UpstreamSettings, UpstreamSecrets)>;

/// The page with the present settings.
pub async fn show(visit: Visit) -> PageResult {
    let mut page = page(&visit, None).await?;
    if visit.query.get("done").is_some() {
        page.frame.notice = Some(Texts::of(visit.lang).done.to_owned());
    }
    visit.page(&page)
}

/// Sets the original host.
pub async fn set(visit: Visit, form: Form) -> PageResult {
    match change(&visit, &form).await {
        Ok(Submission::Not(why, _)) => not_done(&visit, why).await,
        Ok(Submission::Done(())) => visit.go("settings/upstream?done=1"),
        Err(error) => visit.refused(&page(&visit, Some(&error)).await?),
    }
}

/// Removes the original host.
pub async fn delete(visit: Visit, form: Form) -> PageResult {
    // An upstream can be removed even if no key decrypts its secrets.
    let was = visit.state.gateway.get(&visit.app).await.unwrap_or_default();
    let audit = visit.audit("upstream_delete", "", shown(&was), Value::Null);
    if let Some(why) = visit.note(audit, &form, object(&was)).await?.not_done() {
        return not_done(&visit, why).await;
    }
    visit.state.gateway.remove(visit.app_id()).await?;
    visit.go("settings/upstream?done=1")
}

async fn not_done(visit: &Visit, why: NotDone) -> PageResult {
    let mut page = page(visit, None).await?;
    page.frame = page.frame.with_warning(Some(why));
    visit.not_done(&page)
}

/// The part of an upstream that the page shows and the audit log stores.
fn shown(found: &Found) -> Value {
    found.as_ref().map_or(Value::Null, |(settings, secrets)| json!(UpstreamView::of(settings, secrets)))
}

fn object(found: &Found) -> FormObject {
    FormObject::marked("upstream", mark(&shown(found).to_string()))
}

async fn change(visit: &Visit, form: &Form) -> Result<Submission<()>> {
    let gateway = &visit.state.gateway;
    let text = |key: &str| form.get(key).map(str::to_owned);
    let list = |key: &str| {
        let lines = form.raw(key)?.split(|c: char| c.is_whitespace() || c == ',');
        Some(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
    };
    let timeout = form.get("timeout_secs").map(|secs| {
        secs.parse().map_err(|_| Error::field(ErrCode::InvalidArgs, "timeout_secs", "must be 1 to 60"))
    });
    let wanted = UpstreamChange {
        url: text("url"),
        appid: text("appid"),
        secret: text("secret"),
        token_url: text("token_url"),
        allow: list("allow"),
        refuse: list("refuse"),
        wxcard: form.get("wxcard").and_then(CardMessage::from_name),
        timeout_secs: timeout.transpose()?,
    };
    let before = gateway.get(&visit.app).await?;
    let (was, object) = (shown(&before), object(&before));
    if let Some(why) = visit.not_to_do(form, &object).await? {
        return Ok(Submission::Not(why, None));
    }
    let (settings, secrets) = gateway.changed(&visit.app, wanted).await?;
    let view = json!(UpstreamView::of(&settings, &secrets));
    let audit = visit.audit("upstream_set", &settings.url, was, view);
    if let Some(why) = visit.note(audit, form, object).await?.not_done() {
        return Ok(Submission::Not(why, None));
    }
    gateway.set(&visit.app, &settings, &secrets).await?;
    Ok(Submission::Done(()))
}

async fn page(visit: &Visit, refused: Option<&Error>) -> Result<UpstreamPage, Fault> {
    let t = Texts::of(visit.lang);
    let mut frame = visit.frame(t.title, "settings");
    let mut is_set = true;
    let found = match visit.state.gateway.get(&visit.app).await {
        Ok(found) => {
            is_set = found.is_some();
            found
        }
        // The page must open if the key is missing, because it says so and can remove the upstream.
        Err(error) if error.code == ErrCode::ApiUnauthorized => {
            frame = frame.with_refusal(&error);
            None
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
    }
    let view = found.as_ref().map(|(settings, secrets)| UpstreamView::of(settings, secrets));
    let view = view.unwrap_or_else(UpstreamView::unset);
    let wxcard = view.wxcard;
    let message = |(of, name): (CardMessage, &'static str)| (of.name(), name, of.name() == wxcard);
    let calls = visit.state.gateway.recent(visit.app_id()).into_iter().map(row).collect();
    Ok(UpstreamPage {
        frame,
        t,
        base: visit.url("settings/upstream"),
        seen: mark(&shown(&found).to_string()),
        is_set,
        url: view.url,
        appid: view.appid,
        has_secret: view.has_secret,
        token_host: view.token_url,
        allow: view.allow.join("\n"),
        refuse: view.refuse.join("\n"),
        messages: [(CardMessage::Text, t.text), (CardMessage::News, t.news), (CardMessage::Refuse, t.no)]
            .map(message)
            .to_vec(),
        timeout_secs: view.timeout_secs,
        calls,
    })
}

fn row(call: PassedCall) -> CallRow {
    let is_good = call.fault.is_empty() && call.status == 200 && call.errcode.unwrap_or(0) == 0;
    CallRow {
        at: format::second(call.at),
        method: call.method,
        path: call.path,
        status: call.status,
        errcode: call.errcode.map(|errcode| errcode.to_string()).unwrap_or_default(),
        millis: call.millis,
        bytes: call.bytes,
        colour: if is_good { "good" } else { "warn" },
        fault: call.fault,
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Original host", "原接口主机";
        note: "Calls that kaquan does not have go on to this host, with the real token in place of kaquan's. Secrets are stored encrypted and are not shown again.", "kaquan 没有的接口会转发到该主机，并换成真实的 access_token。密钥加密保存，不再显示。";
        done: "Saved.", "已保存。";
        url: "Host", "接口主机";
        url_note: "A new host needs the secret again.", "更换主机时须重新填写密钥。";
        appid: "Real AppID", "公众号真实 AppID";
        secret: "Its secret", "公众号真实密钥";
        keep: "Left empty, it stays as it is.", "留空则保持不变。";
        token_url: "Address of your token server, if you have one", "您的 access_token 中控地址（可选）";
        now: "Set now:", "当前：";
        allow: "Paths that pass, one beginning a line", "允许转发的路径前缀，每行一个";
        refuse: "Paths that do not pass, although they are above", "不允许转发的路径前缀";
        wxcard: "A message with a card of this server", "发送本系统卡券（wxcard）的消息";
        text: "becomes a text with the claim link", "改为带领取链接的文本消息";
        news: "becomes an article with the claim link", "改为带领取链接的图文消息";
        no: "is refused (errcode 40073)", "拒绝（errcode 40073）";
        timeout: "Seconds to wait for a byte, 1 to 60", "等待响应的秒数，1 至 60";
        save: "Save", "保存";
        remove: "Take it away", "移除";
        calls: "Last calls of this node", "本节点最近的转发";
        none: "No call was passed on yet.", "尚无转发记录。";
        at: "When", "时间";
        call: "Call", "接口";
        answer: "Answer", "应答";
        duration: "Milliseconds", "毫秒";
        size: "Bytes", "字节";
    }
}
