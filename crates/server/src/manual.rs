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
            "# Calls\n\nEvery path kaquan answers. Bodies and answers are WeChat's; the last column names the page of \
             WeChat's manual, or of this one where WeChat has no such call. All answers are HTTP 200 with \
             `errcode` in the body. This page is written by `cargo xtask docs` from the route table.\n\n\
             | path | method | access token | page |\n| --- | --- | --- | --- |\n",
            "# 接口\n\nkaquan 提供的所有路径。请求与应答均与微信一致；末列为微信文档的页面名，微信没有的接口见本手册。\
             所有应答均为 HTTP 200，错误码在 `errcode` 中。本页由 `cargo xtask docs` 根据路由表生成。\n\n\
             | 路径 | 方法 | access_token | 文档 |\n| --- | --- | --- | --- |\n",
        )
        .to_owned();
    for route in routes() {
        let verb = match route.verb {
            Verb::Get => "GET",
            Verb::Post | Verb::Upload => "POST",
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
        "\nBeside these: `/media/…`, where uploaded pictures are seen, and `/healthz`, `/readyz`, `/metrics` and `/version` for operators, all with HTTP statuses.\n",
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
            "# Errcodes\n\nEvery errcode kaquan answers, with the text that opens `errmsg`. Behind the text come a \
             hint with an id that the log has too, then the field at fault and the reason. This page is written by \
             `cargo xtask docs` from the table of errcodes.\n\n| errcode | errmsg | repeat later? |\n| --- | --- | --- |\n",
            "# 错误码\n\nkaquan 返回的所有错误码，以及 `errmsg` 开头的文本。其后是 hint（日志中有同样的编号）、出错的字段与原因。\
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
