//! Reads rows of PostgreSQL.

use super::error::broken;
use crate::error::Result;
use crate::row::Row;
use tokio_postgres::types::FromSql;

fn get<'a, T: FromSql<'a>>(row: &'a tokio_postgres::Row, index: usize) -> Result<T> {
    row.try_get(index).map_err(broken)
}

impl Row for tokio_postgres::Row {
    fn int(&self, index: usize) -> Result<i64> {
        get(self, index)
    }

    fn int_or_null(&self, index: usize) -> Result<Option<i64>> {
        get(self, index)
    }

    fn text(&self, index: usize) -> Result<&str> {
        get(self, index)
    }

    fn text_or_null(&self, index: usize) -> Result<Option<&str>> {
        get(self, index)
    }

    fn bytes(&self, index: usize) -> Result<&[u8]> {
        get(self, index)
    }
}
