//! `GET /card/getapplyprotocol`. WeChat manual: "第三方代制" (cards for sub-merchants), categories.

use crate::http::{Answer, Call};
use kaquan_core::error::Result;
use kaquan_core::sub_merchant::{CATEGORIES, Primary};
use serde::Serialize;

/// Answers a [`CategoriesReply`]. In this reply only, `errcode` is not the first member.
pub async fn handle(_: Call) -> Result<Answer> {
    let category = CATEGORIES.iter().map(PrimaryReply::from).collect();
    Answer::bare(&CategoriesReply { category, errcode: 0, errmsg: "ok" })
}

/// The reply of `/card/getapplyprotocol`.
#[derive(Debug, Serialize)]
struct CategoriesReply {
    /// Main categories.
    category: Vec<PrimaryReply>,
    /// Always 0.
    errcode: i32,
    /// Always `ok`.
    errmsg: &'static str,
}

/// A main category.
#[derive(Debug, Serialize)]
struct PrimaryReply {
    /// The number of the category.
    primary_category_id: i64,
    /// Its name.
    category_name: &'static str,
    /// The categories within it.
    secondary_category: Vec<SecondaryReply>,
}

/// A category within a main category.
#[derive(Debug, Serialize)]
struct SecondaryReply {
    /// The number of the category.
    secondary_category_id: i64,
    /// Its name.
    category_name: &'static str,
    /// Licences that WeChat requires; kaquan requires none.
    need_qualification_stuffs: [(); 0],
    /// Always 1: prepaid cards may be in every category.
    can_choose_prepaid_card: i32,
    /// Always 1: payment cards may be in every category.
    can_choose_payment_card: i32,
}

impl From<&Primary> for PrimaryReply {
    fn from(&(primary_category_id, category_name, within): &Primary) -> PrimaryReply {
        let secondary = within.iter().map(|&(secondary_category_id, category_name)| SecondaryReply {
            secondary_category_id,
            category_name,
            need_qualification_stuffs: [],
            can_choose_prepaid_card: 1,
            can_choose_payment_card: 1,
        });
        PrimaryReply { primary_category_id, category_name, secondary_category: secondary.collect() }
    }
}
