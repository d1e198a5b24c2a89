//! The schema of a benchmark on PostgreSQL: created in the database of `--database`, and dropped afterwards.

use super::naive;
use crate::Failure;

/// A schema. Dropping this value drops the schema in the database.
#[derive(Debug)]
pub struct Schema {
    url: String,
    server: String,
    name: String,
}

impl Schema {
    /// Makes a schema in the database at this address. Blocks: do not call it on a runtime.
    pub fn new(server: &str) -> Result<Schema, Failure> {
        let name = format!("kaquan_bench_{}", std::process::id());
        naive::execute(server, &format!("CREATE SCHEMA {name}"))?;
        let sign = if server.contains('?') { '&' } else { '?' };
        let url = format!("{server}{sign}options=-c%20search_path%3D{name}");
        Ok(Schema { url, server: server.to_owned(), name })
    }

    /// The address of the database, with this schema.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let sql = format!("DROP SCHEMA {} CASCADE", self.name);
        // This needs its own thread: `execute` panics on an async runtime, and a benchmark may end on one.
        let dropped = std::thread::scope(|scope| {
            let drop = scope.spawn(|| naive::execute(&self.server, &sql).map_err(|error| error.to_string()));
            drop.join().unwrap_or_else(|_| Err("the thread panicked".to_owned()))
        });
        if let Err(error) = dropped {
            tracing::error!(schema = self.name, %error, "dropping the benchmark's schema failed");
        }
    }
}
