//! `kaquan secret-key`: the key that encrypts the secrets of original hosts. It is kept outside of the store, in the
//! variable KAQUAN_SECRET_KEY or in a file.

use crate::config::Settings;
use crate::{Failure, data, out};
use kaquan_server::{fresh_key, resealed};
use kaquan_store::Store;

/// The key for secrets.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print a new key; nothing is stored.
    #[command(after_help = "Example: (umask 077; kaquan secret-key create > /etc/kaquan/secret.key)")]
    Create,
    /// Encrypt all secrets under the first key; run it with the new key before the old one.
    #[command(after_help = "Example: kaquan secret-key rotate --secret-key-file /etc/kaquan/secret.key")]
    Rotate,
}

/// The number of attempts to change a row that other processes change at the same time.
const TRIES: usize = 10;

/// Runs the command.
pub fn run(settings: &Settings, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Create => out::line(&fresh_key().map_err(|error| error.to_string())?),
        Command::Rotate => {
            let store = data::open_existing(settings, &settings.data())?;
            let count = rotate(settings, &*store)?;
            out::line(&format!("{count} upstreams encrypted under the first key"));
        }
    }
    Ok(())
}

fn rotate(settings: &Settings, store: &dyn Store) -> Result<usize, Failure> {
    let missing = "there is no key for secrets: set KAQUAN_SECRET_KEY or --secret-key-file";
    let keys = settings.secret_keys.as_ref().ok_or(missing)?;
    let mut count = 0;
    for app in store.apps()? {
        let mut tries = 0;
        while let Some(row) = store.upstream(app.app.id)? {
            let again =
                resealed(keys, &app.appid, &row).map_err(|error| format!("{}: {error}", app.appid))?;
            let Some((secrets, token)) = again else { break };
            if store.reseal_upstream(&row, &secrets, &token)? {
                count += 1;
                break;
            }
            tries += 1;
            if tries == TRIES {
                return Err(format!("{}: its upstream changes all the time; run it again", app.appid).into());
            }
        }
    }
    Ok(count)
}
