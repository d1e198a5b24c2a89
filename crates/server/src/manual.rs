//! Writes two pages of the manual: the page of calls from the route table, and the page of errcodes from their table.

use crate::http::call::{Access, Verb};
use crate::router::routes;
use kaquan_core::card::Language;
use kaquan_core::error::ErrCode;
use std::fmt::Write;

/// The page of every call, as Markdown.
pub fn api_page(language: Language) -> String {
    let mut page = language
        .pick(
            "# Calls\n\nThis page lists all paths of the API. Requests and replies are WeChat's. The last column names the \
             page of WeChat's manual; native calls, which WeChat does not have, are in [own-calls.md](own-calls.md). \
             Every reply has HTTP status 200 and its `errcode` in the body; only `showqrcode` returns 404 for \
             an expired ticket. `cargo xtask docs` writes this page from the route table.\n\n\
             | path | method | access token | page |\n| --- | --- | --- | --- |\n",
            "# 接口\n\n本页列出所有路径。请求与应答均与微信一致；末列为微信文档的页面名，微信没有的接口见 [own-calls.md](own-calls.md)。\
             应答均为 HTTP 200，错误码在 `errcode` 中；只有 `showqrcode` 在 ticket 过期时返回 404。本页由 `cargo xtask docs` 根据路由表生成。\n\n\
             | 路径 | 方法 | access_token | 文档 |\n| --- | --- | --- | --- |\n",
        )
        .to_owned();
    for route in routes() {
        let verb = match route.verb {
            Verb::Get => "GET",
            Verb::Post | Verb::Upload | Verb::MediaUpload => "POST",
            Verb::Any => "GET, POST",
        };
        let access = match route.access {
            Access::Token => language.pick("yes", "需要"),
            Access::Open => language.pick("no", "不需要"),
        };
        let title = match is_own(route.path) {
            true => "[own-calls.md](own-calls.md)",
            false => route.page,
        };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {verb} | {access} | {title} |", route.path);
    }
    page.push_str(language.pick(
        "\nThese paths use HTTP statuses instead: `/media/…` for uploaded pictures; `/healthz`, `/readyz`, `/metrics` and \
         `/version` for operators.\n",
        "\n此外：`/media/…` 展示上传的图片；另有运维用的 `/healthz`、`/readyz`、`/metrics`、`/version`。它们都以 HTTP 状态码应答。\n",
    ));
    page
}

/// Whether this call does not exist in WeChat's API.
fn is_own(path: &str) -> bool {
    path.starts_with("/wallet/") || path.starts_with("/kaquan/")
}

/// The page of every errcode, as Markdown.
pub fn errors_page(language: Language) -> String {
    let mut page = language
        .pick(
            "# Errcodes\n\nThis page lists all errcodes with the text at the start of `errmsg`. After the text come a hint \
             with the id of the refusal, the wrong field, and the reason. With `--log debug` the log has the same id. \
             `cargo xtask docs` writes this page from the table of errcodes.\n\n\
             | errcode | errmsg | repeat later? |\n| --- | --- | --- |\n",
            "# 错误码\n\n本页列出所有错误码，以及 `errmsg` 开头的文本。其后是带编号的 hint、出错的字段与原因；以 `--log debug` 运行时，日志中有同样的编号。\
             本页由 `cargo xtask docs` 根据错误码表生成。\n\n| errcode | errmsg | 可否重试 |\n| --- | --- | --- |\n",
        )
        .to_owned();
    for code in ErrCode::ALL {
        let again =
            if code.is_transient() { language.pick("yes", "可以") } else { language.pick("no", "不可") };
        let _ = writeln!(page, "| {} | {} | {again} |", code.number(), code.text());
    }
    page
}
