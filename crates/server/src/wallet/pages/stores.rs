//! `/w/{appid}/card/{card_id}/stores`: the stores in which a card can be used.

use super::frame::Frame;
use super::guest::Guest;
use crate::pages::card_view::base_text;
use crate::pages::{Fault, Fields, PageResult, reply, texts};
use crate::state::{cards, expensive, records_at};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::card::Card;
use kaquan_core::engine::{Record, RecordKey};
use kaquan_core::error::Error;
use kaquan_core::poi::{Poi, PoiRecord};
use serde_json::Value;

/// The largest number of stores on the page.
const STORES_MAX: usize = 500;

#[derive(Template)]
#[template(path = "wallet/stores.html")]
struct StoresPage {
    frame: Frame,
    t: &'static Texts,
    everywhere: bool,
    stores: Vec<StoreRow>,
}

struct StoreRow {
    name: String,
    address: String,
    telephone: String,
    open_time: String,
}

pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let app = guest.app_id();
    let card = cards(&guest.state, app, vec![guest.param("card_id").into()]).await?.pop();
    let card = card.ok_or(Fault::NOT_FOUND)?;
    let listed = listed(&card);
    let pois = match &listed {
        Some(numbers) => {
            let keys = numbers.iter().take(STORES_MAX).map(|no| RecordKey::numbered::<PoiRecord>(*no));
            records_at::<PoiRecord>(&guest.state, app, keys.collect()).await?
        }
        None => newest(&guest).await?,
    };
    let stores = pois.into_iter().filter_map(|record| record.poi).map(store_row).collect();
    let t = Texts::of(guest.lang);
    let title = format!("{} · {}", t.title, base_text(&card.section, "title"));
    let page = StoresPage { frame: Frame::new(&guest, title), t, everywhere: listed.is_none(), stores };
    reply::html(StatusCode::OK, &page)
}

/// The stores that were added last; the oldest of them comes first. The page is public, so it must not load all
/// stores.
async fn newest(guest: &Guest) -> Result<Vec<PoiRecord>, Fault> {
    let (app, now) = (guest.app_id(), guest.state.clock.now());
    let pois = expensive(&guest.state, app, move |store| -> Result<Vec<PoiRecord>, Error> {
        let last = store.records_before(app, PoiRecord::KIND, i64::MAX, STORES_MAX)?;
        last.iter()
            .rev()
            .filter(|(_, record)| record.is_alive(now))
            .map(|(_, record)| record.value())
            .collect()
    });
    Ok(pois.await?)
}

/// The stores in which a card is valid; `None` means all of them.
fn listed(card: &Card) -> Option<Vec<i64>> {
    let base = card.section.get("base_info")?;
    let list = base.get("location_id_list")?.as_array()?;
    let all = base.get("use_all_locations") == Some(&Value::Bool(true));
    (!all && !list.is_empty()).then(|| list.iter().filter_map(Value::as_i64).collect())
}

fn store_row(poi: Poi) -> StoreRow {
    let name = [poi.business_name, poi.branch_name].join(" ").trim().to_owned();
    StoreRow {
        name,
        address: [poi.province, poi.city, poi.district, poi.address].concat(),
        telephone: poi.service.telephone,
        open_time: poi.service.open_time,
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Where it can be used", "适用门店";
        everywhere: "In every store of the merchant.", "商家全部门店可用。";
        none: "The merchant has listed no stores here.", "商家未在此列出门店。";
    }
}
