//! A cache of apps. The parts of an app that never change are read only once.

use super::biz_param::Biz;
use crate::api::card::qrcode::ticket::TicketApp;
use crate::store_access::StoreAccess;
use kaquan_core::code::{ClaimOutcome, CodeCipher};
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, CodeSeq, CodeText};
use kaquan_store::AppRow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// An app with the cipher of its codes.
#[derive(Debug)]
pub struct AppHandle {
    /// The row when it was first read. Only its keys and its appid are sure to be current.
    pub row: AppRow,
    /// Converts between system codes and their texts.
    pub cipher: CodeCipher,
}

impl AppHandle {
    /// The app of this row.
    pub fn new(row: AppRow) -> Result<AppHandle> {
        let cipher =
            CodeCipher::new(&row.code_key).ok_or_else(|| Error::internal("the code key is unusable"))?;
        Ok(AppHandle { row, cipher })
    }

    /// The text of a code that was just issued.
    pub fn claimed_text(&self, claimed: &ClaimOutcome) -> Result<CodeText> {
        match &claimed.custom {
            Some(text) => Ok(text.clone()),
            None => self.code_text(claimed.seq),
        }
    }

    /// The text of a system code.
    pub fn code_text(&self, seq: CodeSeq) -> Result<CodeText> {
        self.cipher.text(seq).ok_or_else(|| Error::internal("the app has given out every code there is"))
    }
}

/// The apps that were read so far. An app is never deleted and its keys never change, so no entry has to be removed.
pub struct Apps {
    store: StoreAccess,
    handles: RwLock<HashMap<AppId, Arc<AppHandle>>>,
}

impl Apps {
    pub fn new(store: StoreAccess) -> Apps {
        Apps { store, handles: RwLock::default() }
    }

    /// The app with this number; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn get(&self, app: AppId) -> Result<Option<Arc<AppHandle>>> {
        if let Some(handle) = self.handles.read().unwrap_or_else(PoisonError::into_inner).get(&app) {
            return Ok(Some(handle.clone()));
        }
        let rows = self.store.blocking(|store| store.apps()).await?;
        let Some(row) = rows.into_iter().find(|row| row.app.id == app) else { return Ok(None) };
        let handle = Arc::new(AppHandle::new(row)?);
        self.handles.write().unwrap_or_else(PoisonError::into_inner).insert(app, handle.clone());
        Ok(Some(handle))
    }

    /// The app of a ticket, `None` if there is none.
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn of_ticket(&self, app: TicketApp) -> Result<Option<Arc<AppHandle>>> {
        match app {
            TicketApp::Named(biz) => self.by_biz(biz).await,
            TicketApp::Former(app) => self.get(app).await,
        }
    }

    fn known(&self, biz: Biz) -> Option<Arc<AppHandle>> {
        let known = self.handles.read().unwrap_or_else(PoisonError::into_inner);
        known.values().find(|handle| biz.is_of(&handle.row.token_key)).cloned()
    }

    /// The app with this name in links; `None` if it does not exist. Names made by the previous version also work:
    /// see [`Biz::former`].
    ///
    /// # Errors
    ///
    /// The errors of the store.
    pub async fn by_biz(&self, biz: Biz) -> Result<Option<Arc<AppHandle>>> {
        if let Some(handle) = self.known(biz) {
            return Ok(Some(handle));
        }
        let rows = self.store.blocking(|store| store.apps()).await?;
        let found = rows.iter().find(|row| biz.is_of(&row.token_key)).map(|row| row.app.id);
        match found.or(biz.former()) {
            Some(app) => self.get(app).await,
            None => Ok(None),
        }
    }
}
