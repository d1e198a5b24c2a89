//! `kaquan restore`: restores a backup into a data folder while no server runs on it. The old files are kept in a
//! separate folder.

use crate::backup::{as_json, as_text, refuse_database};
use crate::config::Settings;
use crate::{Failure, logging, out};
use kaquan_ledger::{Clock, SystemClock};
use kaquan_store::StoreError;
use std::path::PathBuf;

/// Flags of `kaquan restore`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The backup, a file of kaquan backup
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(settings: &Settings, args: &Args) -> Result<(), Failure> {
    logging::start(settings)?;
    refuse_database(settings, "kaquan restore")?;
    let dir = settings.data();
    let restored =
        kaquan_store::restore(&dir, &args.from, SystemClock.now()).map_err(|error| match error {
            StoreError::InUse(_) => {
                Failure::from(format!("{error}; stop the server and other commands first"))
            }
            error => error.into(),
        })?;
    if args.json {
        let mut shown = as_json(&args.from, &restored.content);
        shown["restored_generation"] = restored.generation.into();
        shown["kept_before"] = restored.aside.map(|aside| aside.display().to_string()).into();
        out::line(&shown.to_string());
        return Ok(());
    }
    let kept = restored.aside.map_or(String::new(), |aside| {
        format!("before        kept in {}; delete it when it is not needed\n", aside.display())
    });
    out::text(&format!(
        "{} restored into {} as generation {}\n{}{kept}",
        args.from.display(),
        dir.display(),
        restored.generation,
        as_text(&restored.content)
    ));
    Ok(())
}
