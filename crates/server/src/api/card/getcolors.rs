//! `GET /card/getcolors` (and POST). WeChat manual: "获取卡券颜色列表接口" (colours of cards).

use crate::http::{Answer, Call};
use kaquan_core::card::COLORS;
use kaquan_core::error::Result;
use serde::Serialize;

/// Returns a [`ColorsReply`].
pub async fn handle(_: Call) -> Result<Answer> {
    let colors = COLORS.iter().map(|color| NamedColor { name: color.name, value: color.value }).collect();
    Answer::with(&ColorsReply { colors })
}

/// The reply of `/card/getcolors`.
#[derive(Debug, Serialize)]
struct ColorsReply {
    /// Every colour of a card.
    colors: Vec<NamedColor>,
}

/// A colour of a card.
#[derive(Debug, Serialize)]
struct NamedColor {
    /// The name in `base_info.color`, such as `Color010`.
    name: &'static str,
    /// The colour as `#rrggbb`.
    value: &'static str,
}
