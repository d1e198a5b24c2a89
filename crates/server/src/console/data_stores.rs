//! The numbers of the page of data by store: the sums of a range of closed days. They come from the same closed days as
//! the four reports.

use super::Visit;
use crate::api::datacube::reading;
use crate::pages::texts;
use kaquan_core::error::Result;
use kaquan_core::poi::{StoreName, StoreNames};
use kaquan_core::stats::{DateRange, StoreRow};
use serde::Serialize;
use serde_json::{Value, json};

/// The numbers of a store; its columns on the page and in the CSV file.
#[derive(Debug, Serialize)]
struct ShownStore {
    /// Empty for no store.
    location_id: String,
    location_name: String,
    verify_cnt: i64,
    return_cnt: i64,
    member_verify_cnt: i64,
    fee: i64,
    #[serde(rename = "payOriginalFee")]
    original_fee: i64,
}

/// A row for each store with numbers, by number, and one for everything without a store.
pub async fn rows(visit: &Visit, range: DateRange) -> Result<Vec<Value>> {
    let rows = reading::sums_of_stores(&visit.state, visit.app_id(), range).await?;
    let numbers: Vec<i64> = rows.iter().filter_map(|row| row.location_id).collect();
    let names = visit.query(StoreNames(numbers)).await?;
    let t = Texts::of(visit.lang);
    let name = |location_id: Option<i64>| match location_id.map(|no| names.get(&no)) {
        None => t.no_store.to_owned(),
        Some(None) => String::new(),
        Some(Some(StoreName { name, deleted: false })) => name.clone(),
        Some(Some(StoreName { name, deleted: true })) => format!("{name} ({})", t.deleted),
    };
    let shown = |row: StoreRow| ShownStore {
        location_id: row.location_id.map(|no| no.to_string()).unwrap_or_default(),
        location_name: name(row.location_id),
        verify_cnt: row.consumes,
        return_cnt: row.returns,
        member_verify_cnt: row.uses,
        fee: row.fee,
        original_fee: row.original_fee,
    };
    Ok(rows.into_iter().map(|row| json!(shown(row))).collect())
}

texts! {
    /// The texts of the rows.
    Texts {
        no_store: "No store", "无门店";
        deleted: "deleted", "已删除";
    }
}
