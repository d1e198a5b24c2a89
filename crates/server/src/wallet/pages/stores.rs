//! `/w/{appid}/card/{card_id}/stores`: the stores in which a card can be used.

use super::frame::Frame;
use super::guest::Guest;
use crate::pages::card_view::base_text;
use crate::pages::{Fault, Fields, PageResult, reply, texts};
use crate::state::{cards, expensive, query};
use askama::Template;
use axum::http::StatusCode;
use kaquan_core::card::Card;
use kaquan_core::engine::{Keys, Query, Record, RecordKey, WorkingSet};
use kaquan_core::error::Error;
use kaquan_core::id::CardId;
use kaquan_core::poi::{Poi, PoiRecord, StoreCard};
use kaquan_core::time::Timestamp;
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
    /// The title of the card that the store offers, and its claim page.
    card: Option<(String, String)>,
}

pub async fn show(guest: Guest, _: Fields) -> PageResult {
    let app = guest.app_id();
    let card = cards(&guest.state, app, vec![guest.param("card_id").into()]).await?.pop();
    let card = card.ok_or(Fault::NOT_FOUND)?;
    let listed = listed(&card);
    let pois = match &listed {
        Some(numbers) => {
            let numbers = numbers.iter().take(STORES_MAX).copied().collect();
            query(&guest.state, app, StoresOf(numbers)).await?
        }
        None => newest(&guest).await?,
    };
    let offered = offered(&guest, &pois).await?;
    let stores = pois.into_iter().filter_map(|(no, record)| {
        let card = offered.iter().find(|(store, ..)| *store == no);
        let card = card.map(|(_, title, url)| (title.clone(), url.clone()));
        record.poi.map(|poi| store_row(poi, card))
    });
    let stores = stores.collect();
    let t = Texts::of(guest.lang);
    let title = format!("{} · {}", t.title, base_text(&card.section, "title"));
    let page = StoresPage { frame: Frame::new(&guest, title), t, everywhere: listed.is_none(), stores };
    reply::html(StatusCode::OK, &page)
}

/// The stores that were added last; the oldest of them comes first. The page is public, so it must not load all
/// stores.
async fn newest(guest: &Guest) -> Result<Vec<(i64, PoiRecord)>, Fault> {
    let (app, now) = (guest.app_id(), guest.state.clock.now());
    let pois = expensive(&guest.state, app, move |store| -> Result<Vec<(i64, PoiRecord)>, Error> {
        let last = store.records_before(app, PoiRecord::KIND, i64::MAX, STORES_MAX)?;
        last.iter()
            .rev()
            .filter(|(_, record)| record.is_alive(now))
            .map(|(key, record)| Ok((key.no, record.value()?)))
            .collect()
    });
    Ok(pois.await?)
}

/// The cards that these stores offer and that can be claimed: the store, the card's title, and its claim page.
async fn offered(guest: &Guest, pois: &[(i64, PoiRecord)]) -> Result<Vec<(i64, String, String)>, Fault> {
    let stores = pois.iter().filter(|(_, record)| record.poi.is_some()).map(|(no, _)| *no).collect();
    let offers = query(&guest.state, guest.app_id(), OffersOf(stores)).await?;
    let mut ids: Vec<CardId> = offers.iter().map(|(_, id)| id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let all = cards(&guest.state, guest.app_id(), ids).await?;
    let open = |id: &CardId| all.iter().find(|card| card.id == *id && card.status.is_open());
    let offers = offers.into_iter().filter_map(|(store, id)| {
        Some((store, base_text(&open(&id)?.section, "title"), guest.url(&format!("card/{id}"))))
    });
    Ok(offers.collect())
}

/// Looks up stores by their numbers.
struct StoresOf(Vec<i64>);

impl Query for StoresOf {
    type Reply = Vec<(i64, PoiRecord)>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.extend(self.0.iter().map(|no| RecordKey::numbered::<PoiRecord>(*no)));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> kaquan_core::Result<Self::Reply> {
        let found =
            |no: &i64| Ok(ws.find_record(&RecordKey::numbered::<PoiRecord>(*no), now)?.map(|it| (*no, it)));
        self.0.iter().map(found).filter_map(Result::transpose).collect()
    }
}

/// Looks up the cards that stores offer.
struct OffersOf(Vec<i64>);

impl Query for OffersOf {
    type Reply = Vec<(i64, CardId)>;

    fn reads(&self, _: &WorkingSet, keys: &mut Keys) {
        keys.records.extend(self.0.iter().map(|no| StoreCard::key(*no)));
    }

    fn run(&self, ws: &WorkingSet, now: Timestamp) -> kaquan_core::Result<Self::Reply> {
        let found = |no: &i64| {
            let record = ws.find_record::<StoreCard>(&StoreCard::key(*no), now)?;
            Ok(record.and_then(|StoreCard(card_id)| card_id).map(|card_id| (*no, card_id)))
        };
        self.0.iter().map(found).filter_map(Result::transpose).collect()
    }
}

/// The stores in which a card is valid; `None` means all of them.
fn listed(card: &Card) -> Option<Vec<i64>> {
    let base = card.section.get("base_info")?;
    let list = base.get("location_id_list")?.as_array()?;
    let all = base.get("use_all_locations") == Some(&Value::Bool(true));
    (!all && !list.is_empty()).then(|| list.iter().filter_map(Value::as_i64).collect())
}

fn store_row(poi: Poi, card: Option<(String, String)>) -> StoreRow {
    let name = [poi.business_name, poi.branch_name].join(" ").trim().to_owned();
    StoreRow {
        name,
        address: [poi.province, poi.city, poi.district, poi.address].concat(),
        telephone: poi.service.telephone,
        open_time: poi.service.open_time,
        card,
    }
}

texts! {
    /// The texts of the page.
    Texts {
        title: "Where it can be used", "适用门店";
        everywhere: "In every store of the merchant.", "商家全部门店可用。";
        claim: "Claim", "领取";
        none: "The merchant has listed no stores here.", "商家未在此列出门店。";
    }
}
