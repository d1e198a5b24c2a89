//! The log by months. Each month has its own table, created in advance, so that a past month can be detached from the
//! log as a whole. The reports of a detached month remain.

use super::pool::Pool;
use super::sql;
use crate::cleanup::run_steps;
use crate::error::{Result, StoreError};
use crate::nodes::Month;
use crate::row::{Row as _, read_day, read_event};
use kaquan_core::event::Event;
use kaquan_core::id::AppId;
use kaquan_core::time::Day;

/// Months created in advance, after the present one.
const AHEAD: usize = 2;

fn table(month: Month) -> String {
    format!("events_{}", month.to_string().replace('-', "_"))
}

/// Creates the tables of this month and of the next ones. Events in the table for other days move to their month.
pub(super) fn make_ahead(pool: &Pool, schema: &str, today: Day) -> Result<()> {
    let months = std::iter::successors(Some(Month::of(today)), |month| Some(month.next())).take(AHEAD + 1);
    run_steps(months.map(|month| (month, month)), |month| {
        if !all(pool)?.contains(&month) && !is_detached(pool, month)? {
            make(pool, schema, month)?;
        }
        Ok(0)
    })?;
    Ok(())
}

pub(super) fn make(pool: &Pool, schema: &str, month: Month) -> Result<()> {
    let (table, first, end) = (table(month), month.first.0, month.end().0);
    pool.write(|conn| {
        conn.query(sql::WAIT_LOCK, &[&format!("kaquan {schema} months")])?;
        if conn.query(sql::MONTHS, &[])?.iter().any(|row| row.text(0).is_ok_and(|name| name == table)) {
            return Ok(());
        }
        // One statement in each call, because Citus does not accept several in one text.
        conn.batch("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")?;
        conn.batch(&format!("CREATE TABLE {table} (LIKE events INCLUDING ALL)"))?;
        conn.batch(&format!(
            "WITH moved AS (DELETE FROM events_other WHERE day >= {first} AND day < {end} RETURNING *) \
             INSERT INTO {table} SELECT * FROM moved"
        ))?;
        conn.batch(&format!(
            "ALTER TABLE events ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({end})"
        ))
    })
}

/// The months that have a table, oldest first.
pub(super) fn all(pool: &Pool) -> Result<Vec<Month>> {
    let rows = pool.read(|conn| conn.query(sql::MONTHS, &[]))?;
    let month =
        |name: &str| Month::parse(&name.rsplit('.').next()?.strip_prefix("events_")?.replace('_', "-"));
    let mut months = Vec::new();
    for row in rows {
        months.extend(month(row.text(0)?));
    }
    months.sort_unstable();
    Ok(months)
}

fn is_detached(pool: &Pool, month: Month) -> Result<bool> {
    let rows = pool.read(|conn| conn.query(sql::DETACHED_MONTHS, &[]))?;
    rows.iter().map(|row| read_day(row, 0)).try_fold(false, |found, day| Ok(found || day? == month.first))
}

/// Detaches a month from the log. Returns the name of its table, which remains until an operator drops it.
///
/// # Errors
/// The month has no table, has days that are not closed, or has events that are still to be pushed.
pub(super) fn detach(pool: &Pool, schema: &str, month: Month) -> Result<String> {
    let (table, first, end) = (table(month), i64::from(month.first.0), i64::from(month.end().0));
    if !all(pool)?.contains(&month) {
        return Err(StoreError::Postgres(format!("the log has no table of its own for {month}")));
    }
    pool.write(|conn| {
        conn.query(sql::WAIT_LOCK, &[&format!("kaquan {schema} months")])?;
        conn.batch("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")?;
        if let Some(row) = conn.query_opt(sql::UNCLOSED_IN_MONTH, &[&first, &end])? {
            let (app, day) = (row.int(0)?, read_day(&row, 1)?);
            return Err(StoreError::Postgres(format!("{day} of app {app} is not closed yet")));
        }
        if let Some(row) = conn.query_opt(sql::UNPUSHED_IN_MONTH, &[&first, &end])? {
            return Err(StoreError::Postgres(format!(
                "app {} has events of {month} still to be pushed",
                row.int(0)?
            )));
        }
        conn.execute(sql::RECORD_DETACHED, &[&first, &end, &table])?;
        conn.batch(&format!("ALTER TABLE events DETACH PARTITION {table}"))?;
        Ok(table.clone())
    })
}

/// Visits every event of an app with a day from `first` up to, but without, `end`. Events of detached months come
/// first.
pub(super) fn export(
    pool: &Pool,
    app: AppId,
    first: Day,
    end: Day,
    visit: &mut dyn FnMut(Event) -> Result<()>,
) -> Result<()> {
    let mut place = pool.own_place()?;
    let conn = place.conn();
    conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    let mut tables = Vec::new();
    for row in conn.query(sql::DETACHED_MONTHS, &[])? {
        let is_there = conn.query_one(sql::TABLE_EXISTS, &[&row.text(2)?])?.int(0)? > 0;
        if is_there && read_day(&row, 0)? < end && first < read_day(&row, 1)? {
            tables.push(row.text(2)?.to_owned());
        }
    }
    tables.push("events".to_owned());
    let (first, end) = (i64::from(first.0), i64::from(end.0));
    for table in tables {
        let columns = match conn.query_one(sql::TABLE_HAS_STORES, &[&table])?.int(0)? > 0 {
            true => event_columns!().to_owned(),
            false => event_columns!().replace("location_id, staff", "NULL::bigint, NULL::text"),
        };
        conn.visit_once(
            &format!(
                "SELECT {columns} FROM {table} WHERE app_id = {app} AND day >= {first} AND day < {end} ORDER BY seq",
            ),
            |row| visit(read_event(row)?),
        )?;
    }
    conn.batch("COMMIT")
}
