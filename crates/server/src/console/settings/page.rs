//! The page of all settings.

use super::{app, callback, identity};
use crate::console::{Frame, Visit, till_store};
use crate::pages::once::NotDone;
use crate::pages::{Fault, PageResult, format, texts};
use crate::state::{blocking, records_at};
use askama::Template;
use kaquan_core::app::ReviewPolicy;
use kaquan_core::error::Error;
use kaquan_core::identity::{Identity, IdentitySettings};
use kaquan_core::poi::StoreNames;
use kaquan_store::{Account, Callback, Grant, PushMode, PushPolicy, Role};

#[derive(Template)]
#[template(path = "console/settings/page.html")]
pub struct SettingsPage {
    pub frame: Frame,
    t: &'static Texts,
    base: String,
    appid: String,
    name: String,
    manual: bool,
    gift_timeout_secs: i64,
    return_window_secs: i64,
    /// The name and value of a secret that is shown only once.
    pub once: Option<(&'static str, String)>,
    callback: CallbackPanel,
    identity: IdentityPanel,
    pretend: bool,
    accounts: Vec<AccountRow>,
    /// The stores to choose from for a till.
    stores: Vec<(i64, String)>,
    seen: Seen,
    app_scope: String,
}

/// The marks of what the forms are about.
struct Seen {
    rules: String,
    secret: String,
    callback: String,
    identity: String,
}

struct CallbackPanel {
    url: String,
    modes: Vec<(&'static str, &'static str, bool)>,
    policies: Vec<(&'static str, &'static str, bool)>,
    set: bool,
    original_id: String,
    has_token: bool,
    has_key: bool,
}

#[derive(Default)]
struct IdentityPanel {
    provider: &'static str,
    entry_url: String,
    appid: String,
    has_secret: bool,
}

struct AccountRow {
    id: i64,
    name: String,
    role: &'static str,
    everywhere: bool,
    state: (&'static str, &'static str),
    disabled: bool,
    /// The number of the till's store; empty for no store.
    location_id: String,
    /// The name of the till's store.
    store: String,
}

/// The page with the present settings.
pub async fn show(visit: Visit) -> PageResult {
    let t = Texts::of(visit.lang);
    let mut page = page(&visit, None).await?;
    page.frame.notice = match visit.query.get("done") {
        Some("test") => Some(t.test_ok.to_owned()),
        Some(_) => Some(t.done.to_owned()),
        None => None,
    };
    visit.page(&page)
}

/// The page after a form that changed nothing.
pub async fn not_done(visit: &Visit, why: NotDone) -> PageResult {
    let mut page = page(visit, None).await?;
    page.frame = page.frame.with_warning(Some(why));
    visit.not_done(&page)
}

/// The page, and the refusal of a form if there is one.
pub async fn page(visit: &Visit, refused: Option<&Error>) -> Result<SettingsPage, Fault> {
    let t = Texts::of(visit.lang);
    let app = visit.app_id();
    let (row, callback, accounts) = blocking(&visit.state, move |store| -> kaquan_core::Result<_> {
        let row = store.apps()?.into_iter().find(|row| row.app.id == app);
        Ok((row, store.callback(app)?, store.accounts()?))
    })
    .await?;
    let row = row.ok_or(Fault::NOT_FOUND)?;
    let key = vec![Identity::key()];
    let identity = records_at::<IdentitySettings>(&visit.state, app, key).await?.pop();
    let identity = identity.map(|settings| settings.identity);
    let seen = Seen {
        rules: app::rules_mark(&row.app),
        secret: app::secret_mark(&row),
        callback: callback::callback_mark(callback.as_ref()),
        identity: identity::identity_mark(identity.as_ref()),
    };
    let mut frame = visit.frame(t.title, "settings");
    if let Some(error) = refused {
        frame = frame.with_refusal(error);
    }
    let mut rows = Vec::new();
    for (account, grants) in &accounts {
        if let Some(mut row) = account_row(t, account, grants, visit) {
            (row.location_id, row.store) = till(visit, t, account).await?;
            rows.push(row);
        }
    }
    Ok(SettingsPage {
        frame,
        t,
        base: visit.url("settings"),
        appid: row.appid.clone(),
        name: row.name.clone(),
        manual: row.app.review == ReviewPolicy::Manual,
        gift_timeout_secs: row.app.gift_timeout_secs,
        return_window_secs: row.app.return_window_secs,
        once: None,
        callback: callback_panel(t, callback.as_ref(), &row.appid),
        identity: identity.map(identity_panel).unwrap_or_default(),
        pretend: visit.state.sandbox,
        accounts: rows,
        stores: till_store::stores(visit).await?,
        seen,
        app_scope: row.name,
    })
}

fn callback_panel(t: &'static Texts, callback: Option<&Callback>, appid: &str) -> CallbackPanel {
    let mode = callback.map_or(PushMode::Plain, |callback| callback.mode);
    let policy = callback.map_or(PushPolicy::Durable, |callback| callback.policy);
    let original_id = || crate::push::settings::original_id(appid);
    CallbackPanel {
        url: callback.map_or(String::new(), |callback| callback.url.clone()),
        modes: [
            (PushMode::Plain, t.plain),
            (PushMode::Compatible, t.compatible),
            (PushMode::Safe, t.safe),
            (PushMode::Json, t.json),
        ]
        .map(|(of, name)| (of.name(), name, of == mode))
        .to_vec(),
        policies: [(PushPolicy::Durable, t.durable), (PushPolicy::Wechat, t.wechat)]
            .map(|(of, name)| (of.name(), name, of == policy))
            .to_vec(),
        set: callback.is_some(),
        original_id: callback.map_or_else(original_id, |callback| callback.original_id.clone()),
        has_token: callback.is_some_and(|callback| !callback.token.is_empty()),
        has_key: callback.is_some_and(|callback| !callback.aes_key.is_empty()),
    }
}

fn identity_panel(identity: Identity) -> IdentityPanel {
    let provider = identity.name();
    match identity {
        Identity::Pretend => IdentityPanel { provider, ..IdentityPanel::default() },
        Identity::SignedLink { entry_url, .. } => {
            IdentityPanel { provider, entry_url, has_secret: true, ..IdentityPanel::default() }
        }
        Identity::Oauth { appid, .. } => {
            IdentityPanel { provider, appid, has_secret: true, ..IdentityPanel::default() }
        }
    }
}

/// An account in the list; `None` if it has no role in this app.
fn account_row(t: &'static Texts, account: &Account, grants: &[Grant], visit: &Visit) -> Option<AccountRow> {
    let grant = grants.iter().find(|grant| grant.app.is_none_or(|app| app == visit.app_id()))?;
    let state = match (account.disabled_at, &account.password) {
        (Some(_), _) => (t.disabled, "bad"),
        (None, None) => (t.invited, "warn"),
        (None, Some(_)) => (t.in_use, "good"),
    };
    Some(AccountRow {
        id: account.id.0,
        name: account.name.clone(),
        role: match grant.role {
            Role::Owner => t.owner,
            Role::Operator => t.operator,
            Role::Clerk => t.clerk,
        },
        everywhere: grant.app.is_none(),
        state,
        disabled: account.disabled_at.is_some(),
        location_id: String::new(),
        store: String::new(),
    })
}

/// Number and name of the store of an account's till.
async fn till(visit: &Visit, t: &Texts, account: &Account) -> Result<(String, String), Fault> {
    let Some(location_id) = till_store::given(visit, account.id.0).await? else {
        return Ok(Default::default());
    };
    let name = match visit.query(StoreNames(vec![location_id])).await?.remove(&location_id) {
        Some(store) if store.deleted => format!("{} ({})", store.name, t.deleted),
        Some(store) => store.name,
        None => String::new(),
    };
    Ok((location_id.to_string(), name))
}

impl SettingsPage {
    fn words(&self, secs: &i64) -> String {
        format::duration(self.frame.lang, *secs)
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Settings", "设置";
        done: "Saved.", "已保存。";
        test_ok: "The receiver answered as it should.", "接收地址应答正确。";
        rules: "Rules", "规则";
        appid: "App id", "AppID";
        review: "Who reviews cards", "卡券审核";
        auto: "No review: every card passes at once", "自动通过";
        manual: "You, at the review desk", "在审核页人工审核";
        gift_timeout: "Seconds a gift may stay unaccepted", "转赠多少秒无人接受后退回";
        return_window: "Seconds within which a consume can be undone; 0 for never", "核销后多少秒内可撤销；0 表示不可撤销";
        save: "Save", "保存";
        secret: "Secret of the app", "应用密钥";
        secret_note: "A new secret takes the old one's place at once; tokens already given out live on. It is shown this once.", "新密钥立即取代旧密钥；已发出的 access_token 继续有效。新密钥只显示这一次。";
        rotate: "Make a new secret", "生成新密钥";
        sure: "The old secret is to end now", "确认旧密钥立即失效";
        new_secret: "New secret", "新密钥";
        callback: "Where events go", "事件推送地址";
        url: "Address of your receiver", "接收地址（URL）";
        mode: "How events are written", "消息格式";
        plain: "WeChat's XML in clear", "明文模式";
        compatible: "WeChat's XML, clear and encrypted", "兼容模式";
        safe: "WeChat's XML, encrypted", "安全模式";
        json: "JSON, signed as Standard Webhooks", "JSON（Standard Webhooks 签名）";
        token: "Token", "Token";
        aes_key: "EncodingAESKey", "EncodingAESKey";
        keep: "Left empty, it stays as it is.", "留空则保持不变。";
        policy: "How often it is tried", "重试策略";
        durable: "Again and again for a day", "一天内多次重试";
        wechat: "Three times, as WeChat does", "与微信一致，共三次";
        original_id: "Original id (ToUserName)", "原始 ID（ToUserName）";
        set_note: "The receiver is asked first; what does not pass is not saved.", "保存前会先验证接收地址，未通过则不保存。";
        test: "Test it", "测试";
        remove: "Take it away", "移除";
        json_secret: "Secret JSON is signed with", "JSON 签名密钥";
        identity: "Who holders are", "用户身份来源";
        provider: "Provider", "方式";
        none: "not chosen", "未选择";
        signed_link: "Links your system signs", "由您的系统签名的链接";
        oauth: "WeChat's web authorization", "微信网页授权";
        pretend: "Visitors choose their own identity (sandbox only)", "访客自选（仅沙盒）";
        link_secret: "Secret of signed links, 16 characters or more", "签名链接密钥，至少 16 个字符";
        entry_url: "Page of yours that knows the holder and leads back by a signed link", "您的入口页：识别用户后以签名链接跳回";
        oauth_appid: "AppID of the Official Account", "公众号 AppID";
        oauth_secret: "Its secret", "公众号密钥";
        accounts: "Accounts", "账号";
        account: "Name", "账号";
        role: "Role", "角色";
        owner: "Owner", "管理员";
        operator: "Operator", "运营";
        clerk: "Clerk", "店员";
        scope: "Where", "范围";
        everywhere: "Every app", "全部应用";
        state: "State", "状态";
        in_use: "in use", "使用中";
        invited: "invited", "待首次登录";
        disabled: "shut out", "已停用";
        till_store: "Store of the till", "核销台门店";
        deleted: "deleted", "已删除";
        set_store: "Set the store", "设置门店";
        till_note: "Consumes and payments at the till of an account count for its store. The number is that of the store (poi_id). Left empty, the clerk chooses.", "该账号在核销台的核销与付款计入其门店。填写门店编号（poi_id）；留空则由店员自选。";
        invite: "Make an account", "新建账号";
        link: "New login link", "生成登录链接";
        login_link: "Login link, works once within seven days", "登录链接，七天内有效，仅可使用一次";
        disable: "Shut out", "停用";
        enable: "Let in again", "启用";
        audit: "Audit log", "审计日志";
        audit_note: "Who did what, from where, before and after.", "谁在何处做了什么，以及前后内容。";
        open: "Open", "查看";
    }
}
