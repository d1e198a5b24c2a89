//! `kaquan account`: the accounts of the console. Works on an existing store, with or without a running
//! server.

use crate::config::{PublicUrlFlag, Settings};
use crate::serve::base_url;
use crate::{Failure, data, out};
use kaquan_core::text;
use kaquan_server::login_link;
use kaquan_store::{Account, Grant, Role, Store};

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// List the accounts with their roles.
    List,
    /// Create an account, and print a link with which its user chooses a password.
    #[command(after_help = "Example: kaquan account create mei --role clerk --app APPID")]
    Create {
        /// The name with which the user signs in, 1 to 64 characters.
        name: String,
        /// owner (may do everything), operator (all but accounts and secrets), or clerk (the till only).
        #[arg(long, value_parser = role)]
        role: Role,
        /// An app in which it has the role; repeat --app for several. Default: all apps.
        #[arg(long, visible_alias = "appid", value_name = "APPID")]
        app: Vec<String>,
        #[command(flatten)]
        public_url: PublicUrlFlag,
    },
    /// Print a new link with which a user chooses a password; it works once, for seven days.
    #[command(after_help = "Example: kaquan account link mei --public-url https://cards.example.com")]
    Link {
        /// The account's name.
        name: String,
        #[command(flatten)]
        public_url: PublicUrlFlag,
    },
    /// Disable an account: its sessions and login links end at once.
    Disable {
        /// The account's name.
        name: String,
    },
    /// Enable a disabled account again.
    Enable {
        /// The account's name.
        name: String,
    },
}

impl Command {
    /// The public URL for the printed link, if the command names one.
    pub fn public_url(&self) -> PublicUrlFlag {
        match self {
            Command::Create { public_url, .. } | Command::Link { public_url, .. } => public_url.clone(),
            _ => PublicUrlFlag::default(),
        }
    }
}

fn role(name: &str) -> Result<Role, String> {
    Role::from_name(name).ok_or_else(|| "must be owner, operator, or clerk".to_owned())
}

/// Runs the command.
pub fn run(settings: &Settings, command: Command) -> Result<(), Failure> {
    let dir = settings.data();
    let store = data::open_existing(settings, &dir)?;
    match command {
        Command::List => {
            for (account, grants) in store.accounts()? {
                out::line(&as_text(&*store, &account, &grants)?);
            }
        }
        Command::Create { name, role, app, public_url: _ } => {
            let name = name.trim().to_owned();
            text::name("name", &name)?;
            let apps = app.iter().map(|appid| data::app(&*store, Some(appid)));
            let apps = apps.map(|app| app.map(|row| Some(row.app.id))).collect::<Result<Vec<_>, _>>()?;
            let apps = if apps.is_empty() { vec![None] } else { apps };
            let grants: Vec<Grant> = apps.into_iter().map(|app| Grant { app, role }).collect();
            let made = store.create_account(&name, &grants, data::now(&*store)?)?;
            let account = made.ok_or_else(|| format!("there is an account {name} already"))?;
            print_link(settings, &*store, &account)?;
        }
        Command::Link { name, public_url: _ } => print_link(settings, &*store, &find(&*store, &name)?)?,
        Command::Disable { name } => {
            if !store.set_disabled(find(&*store, &name)?.id, Some(data::now(&*store)?))? {
                return Err("this is the last owner of the server".into());
            }
        }
        Command::Enable { name } => {
            store.set_disabled(find(&*store, &name)?.id, None)?;
        }
    }
    Ok(())
}

fn find(store: &dyn Store, name: &str) -> Result<Account, Failure> {
    let account = store.account_by_name(name)?;
    account.ok_or_else(|| format!("there is no account {name}; see kaquan account list").into())
}

/// Prints a login link. It leads to the server that runs on the folder. If none runs, it leads to the address on
/// which a server would listen.
fn print_link(settings: &Settings, store: &dyn Store, account: &Account) -> Result<(), Failure> {
    let path = login_link::fresh(store, account.id, data::now(store)?)?;
    let address = data::AddressNote::read(&settings.data()).unwrap_or(settings.listen);
    out::line(&format!("{}{path}", base_url(settings, address)));
    Ok(())
}

fn as_text(store: &dyn Store, account: &Account, grants: &[Grant]) -> Result<String, Failure> {
    let apps = store.apps()?;
    let name_of = |grant: &Grant| match grant.app {
        None => "every app".to_owned(),
        Some(id) => apps.iter().find(|row| row.app.id == id).map_or(String::new(), |row| row.appid.clone()),
    };
    let grants: Vec<String> =
        grants.iter().map(|grant| format!("{} of {}", grant.role.name(), name_of(grant))).collect();
    let state = match (account.disabled_at, &account.password) {
        (Some(_), _) => "disabled",
        (None, None) => "has not signed in yet",
        (None, Some(_)) => "in use",
    };
    Ok(format!("{}  {state}  {}", account.name, grants.join(", ")))
}
