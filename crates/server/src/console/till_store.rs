//! The store of a till. The console can give an account a store; then every consume and payment of its till is of that
//! store. An account without a given store chooses one on the page of the till, and a cookie keeps the choice.

use super::Visit;
use crate::pages::cookie::Cookie;
use crate::pages::{Fields, Form, PageResult, reply};
use crate::state::{each_record, records_at};
use kaquan_core::code::OUTER_STR_MAX;
use kaquan_core::error::Result;
use kaquan_core::poi::{Place, PoiRecord, Staff, StoreNames, TillStore};
use std::ops::ControlFlow;

/// The name of the cookie with the choice.
const STORE_COOKIE: &str = "kaquan_till";
/// How long the cookie is valid, in seconds: a year.
const STORE_SECS: i64 = 365 * 86_400;
/// The largest number of stores to choose from.
const STORES_MAX: usize = 1_000;

/// The store of a till.
#[derive(Debug, Default)]
pub struct StoreOfTill {
    /// The store; `None` if there is none, or only a name.
    pub location_id: Option<i64>,
    /// Its name, or the typed name of a merchant without stores; empty for no store.
    pub name: String,
    /// Whether the console gave it to the account, so that the clerk cannot choose.
    pub is_given: bool,
    /// Whether the given store was deleted. Then the till has no store.
    pub is_deleted: bool,
}

impl StoreOfTill {
    /// The store of this visit's till.
    pub async fn of(visit: &Visit) -> Result<StoreOfTill> {
        if let Some(location_id) = given(visit, visit.signed_in.account.id.0).await? {
            let store = stored(visit, location_id).await?.unwrap_or_default();
            return Ok(StoreOfTill { is_given: true, is_deleted: store.location_id.is_none(), ..store });
        }
        let cookie = visit.cookie(STORE_COOKIE).unwrap_or_default();
        let cookie = Fields::parse(cookie.as_bytes());
        if let Some(location_id) = cookie.int("location_id") {
            return Ok(stored(visit, location_id).await?.unwrap_or_default());
        }
        // A typed name stands for a store only while there are no stores to choose from.
        let name = cookie.get("store").unwrap_or_default().to_owned();
        match name.is_empty() || !stores(visit).await?.is_empty() {
            true => Ok(StoreOfTill::default()),
            false => Ok(StoreOfTill { name, ..StoreOfTill::default() }),
        }
    }

    /// Where and by whom this till consumes.
    pub fn place(&self, visit: &Visit) -> Place {
        let staff = Some(Staff::Account(visit.signed_in.account.name.clone()));
        Place { location_id: self.location_id, staff }
    }

    /// The name as a text of an event.
    pub fn named(&self) -> Option<String> {
        Some(self.name.clone()).filter(|name| !name.is_empty())
    }
}

/// The store that the console gave to an account's till.
pub async fn given(visit: &Visit, account: i64) -> Result<Option<i64>> {
    let keys = vec![TillStore::key(account)];
    let found = records_at::<TillStore>(&visit.state, visit.app_id(), keys).await?.pop();
    Ok(found.map(|store| store.location_id))
}

/// A store that is not deleted.
async fn stored(visit: &Visit, location_id: i64) -> Result<Option<StoreOfTill>> {
    let store = visit.query(StoreNames(vec![location_id])).await?.remove(&location_id);
    let store = store.filter(|store| !store.deleted);
    let of = |name| StoreOfTill { location_id: Some(location_id), name, ..StoreOfTill::default() };
    Ok(store.map(|store| of(store.name)))
}

/// The stores to choose from, by name. A name may occur twice.
pub async fn stores(visit: &Visit) -> Result<Vec<(i64, String)>> {
    let mut stores: Vec<(i64, String)> = Vec::new();
    each_record(&visit.state, visit.app_id(), i64::MIN, |key, record: PoiRecord| {
        stores.extend(record.poi.map(|poi| (key.no, poi.name())));
        if stores.len() < STORES_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })
    .await?;
    stores.sort_by(|(no, name), (other, other_name)| (name, no).cmp(&(other_name, other)));
    Ok(stores)
}

/// Saves the clerk's choice in the cookie.
pub async fn remember(visit: Visit, form: Form) -> PageResult {
    let value = match form.get("location_id") {
        Some(chosen) => {
            Fields::default().with("location_id", Some(chosen).filter(|chosen| !chosen.is_empty()))
        }
        None => {
            let mut store = form.get("store").unwrap_or_default().to_owned();
            while store.len() > OUTER_STR_MAX {
                store.pop();
            }
            Fields::default().with("store", Some(&store))
        }
    };
    let path = visit.url("till");
    let cookie = Cookie {
        name: STORE_COOKIE,
        value: &value,
        path: &path,
        max_age: STORE_SECS,
        secure: visit.secure(),
    };
    Ok(reply::with_cookie(reply::redirect(&path), &cookie))
}
