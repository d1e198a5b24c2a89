//! Apps as the server keeps them in memory: what never changes in an app's life, read once.

use super::biz::Biz;
use crate::state::{State, blocking};
use kaquan_core::code::CodeCipher;
use kaquan_core::code::claim::ClaimOutcome;
use kaquan_core::error::{Error, Result};
use kaquan_core::id::{AppId, CodeSeq, CodeText};
use kaquan_store::AppRow;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// An app with the cipher of its codes.
#[derive(Debug)]
pub struct AppHandle {
    /// The row as it was when it was read first; only its keys and names are to be relied on.
    pub row: AppRow,
    /// Makes and reads the texts of its system codes.
    pub cipher: CodeCipher,
}

impl AppHandle {
    /// The app of this row.
    pub fn new(row: AppRow) -> Result<AppHandle> {
        let cipher =
            CodeCipher::new(&row.code_key).ok_or_else(|| Error::internal("the code key is unusable"))?;
        Ok(AppHandle { row, cipher })
    }

    /// The text of a code that was just handed out.
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

/// The apps seen so far.
#[derive(Debug, Default)]
pub struct Apps(RwLock<HashMap<AppId, Arc<AppHandle>>>);

impl Apps {
    /// The app with this number, `None` if there is none.
    pub async fn get(&self, app: AppId, state: &State) -> Result<Option<Arc<AppHandle>>> {
        if let Some(handle) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&app) {
            return Ok(Some(handle.clone()));
        }
        let rows = blocking(state, |store| store.apps()).await?;
        let Some(row) = rows.into_iter().find(|row| row.app.id == app) else { return Ok(None) };
        let handle = Arc::new(AppHandle::new(row)?);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(app, handle.clone());
        Ok(Some(handle))
    }

    fn known(&self, biz: Biz) -> Option<Arc<AppHandle>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.values().find(|handle| biz.is_of(&handle.row.token_key)).cloned()
    }

    /// The app that links call by this name, `None` if there is none. A name of the version before leads to its app too: see
    /// [`Biz::former`].
    pub async fn by_biz(&self, biz: Biz, state: &State) -> Result<Option<Arc<AppHandle>>> {
        if let Some(handle) = self.known(biz) {
            return Ok(Some(handle));
        }
        let rows = blocking(state, |store| store.apps()).await?;
        let found = rows.iter().find(|row| biz.is_of(&row.token_key)).map(|row| row.app.id);
        match found.or(biz.former()) {
            Some(app) => self.get(app, state).await,
            None => Ok(None),
        }
    }
}
