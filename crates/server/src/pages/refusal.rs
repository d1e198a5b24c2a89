//! Refusals on pages: a sentence for people, then WeChat's errcode and the cause, as in the API and its manual.

use super::Lang;
use kaquan_core::error::{Detail, ErrCode, Error};

/// The refusal in words.
pub fn sentence(lang: Lang, error: &Error) -> String {
    let words = words(error.code).map_or(error.code.text(), |(en, zh)| lang.pick(en, zh));
    let open = lang.pick(" (", "（");
    let close = lang.pick(")", "）");
    let detail = match &error.detail {
        Detail::None | Detail::Changed | Detail::Internal(_) | Detail::Logged(_) => String::new(),
        Detail::Field { field, reason } => format!("{}{field}: {reason}", lang.pick("; ", "；")),
        Detail::Missing(accessor) => format!("{}{accessor}", lang.pick("; ", "；")),
        Detail::Key { path, reason } => format!("{}{}: {reason}", lang.pick("; ", "；"), path.join(".")),
    };
    format!("{words}{open}{}{detail}{close}", error.code.number())
}

/// The sentences for errors that users of the pages can get.
const fn words(code: ErrCode) -> Option<(&'static str, &'static str)> {
    Some(match code {
        ErrCode::SystemError => {
            ("The server could not do it; nothing was changed", "服务器未能完成，没有任何改动")
        }
        ErrCode::InvalidSerialCode => ("There is no such code", "没有这个卡券码"),
        ErrCode::InvalidCardId => ("There is no such card", "没有这张卡券"),
        ErrCode::InvalidCardStatus => ("The card is not in a state for this", "卡券当前状态不允许此操作"),
        ErrCode::CodeConsumed => ("This code has been consumed already", "此码已核销"),
        ErrCode::InvalidUserCardStatus => (
            "The code was deleted, given away, made unavailable, or has expired",
            "此码已删除、转赠、失效或过期",
        ),
        ErrCode::InvalidOpenid => ("This code belongs to another holder", "此码属于其他用户"),
        ErrCode::InvalidTime => ("The time is outside the validity window", "不在有效期内"),
        ErrCode::InvalidDateInfo => ("A validity window can only widen", "有效期只能延长"),
        ErrCode::OutOfLengthLimit => ("A text is too long", "文本过长"),
        ErrCode::MissingFields => ("Something required is missing", "缺少必填项"),
        ErrCode::InvalidColor => ("Not a colour of the palette", "颜色不在可选范围内"),
        ErrCode::InvalidSku | ErrCode::InvalidCardQuantity => {
            ("The stock cannot be this", "库存数量不合规定")
        }
        ErrCode::StockOutOfLimit => ("None is left", "库存不足"),
        ErrCode::DataFormat => ("A value has the wrong form", "数据格式有误"),
        ErrCode::InvalidArgs => ("A value is not allowed", "参数不合规定"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_shown_in_words_with_the_number_and_the_field() {
        let error = Error::field(ErrCode::OutOfLengthLimit, "base_info.title", "30 bytes, at most 27");
        assert_eq!(
            sentence(Lang::En, &error),
            format!("A text is too long ({}; base_info.title: 30 bytes, at most 27)", error.code.number())
        );
        assert!(sentence(Lang::Zh, &error).starts_with("文本过长（"));
        assert!(!sentence(Lang::Zh, &Error::internal("disk on fire")).contains("fire"));
    }
}
