//! The settings. A flag overrides the environment, the environment overrides the file, and the file overrides the
//! default. The default file describes all settings and is compiled into the program.

use crate::Failure;
use clap::{Args, ValueEnum};
use kaquan_server::{IpBlock, PublicUrl, SecretKeys};
use kaquan_store::{DEFAULT_READERS, DEFAULT_WRITERS, Durability};
use serde::Deserialize;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// The file that has every setting with its default.
pub const DEFAULT_FILE: &str = include_str!("../kaquan.default.toml");

/// The heading of the flags of [`Common`] in the help.
const EVERY_COMMAND: &str = "Options of every command";

/// The flags every command takes.
#[derive(Debug, Default, Args)]
pub struct Common {
    /// Configuration file; kaquan config prints one with every setting.
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder [default: kaquan-data; of kaquan demo: kaquan-demo]
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// PostgreSQL database instead of the data folder: postgres://USER:PASSWORD@HOST/NAME, several hosts with commas.
    /// Use the variable to keep the password out of the process list
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_DATABASE", hide_env_values = true)]
    #[arg(value_name = "URL")]
    database: Option<String>,
    /// File with the key for the secrets of original hosts, one key a line, the newest first; or the variable
    /// KAQUAN_SECRET_KEY with the key itself. kaquan secret-key create prints one [default: none]
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_SECRET_KEY_FILE", value_name = "FILE")]
    secret_key_file: Option<PathBuf>,
    /// Log level: error, warn, info, debug, or a filter such as info,kaquan_server=debug [default: info]
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// Log format [default: text]
    #[arg(long, global = true, help_heading = EVERY_COMMAND, env = "KAQUAN_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

/// The flags of commands that start a server.
#[derive(Debug, Clone, Default, Args)]
pub struct ServerFlags {
    /// Address and port to listen on, such as 0.0.0.0:8080 or localhost:8080; port 0 takes a free one [default:
    /// 127.0.0.1:8080]
    #[arg(long, env = "KAQUAN_LISTEN", value_name = "ADDRESS", value_parser = listen_address)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    public_url: PublicUrlFlag,
    /// Addresses that getcallbackip and get_api_domain_ip return, with commas [default: the one in the public URL, or
    /// else the listening address]
    #[arg(long, env = "KAQUAN_CALLBACK_IPS", value_name = "IPS", value_delimiter = ',')]
    callback_ips: Option<Vec<IpBlock>>,
    /// Proxies whose X-Forwarded-For is used: addresses and blocks, with commas, such as 10.0.0.0/8 [default: none]
    #[arg(long, env = "KAQUAN_TRUSTED_PROXIES", value_name = "CIDRS", value_delimiter = ',')]
    trusted_proxies: Option<Vec<IpBlock>>,
    /// Separate address for /metrics, such as 127.0.0.1:9100; the main address then does not serve it [default: the
    /// main address]
    #[arg(long, env = "KAQUAN_METRICS_LISTEN", value_name = "ADDRESS", value_parser = listen_address)]
    metrics_listen: Option<SocketAddr>,
    /// Sandbox mode: visitors of the wallet pages choose their own identity. Not for production; kaquan demo always
    /// has it
    #[arg(long, env = "KAQUAN_SANDBOX")]
    sandbox: bool,
    #[command(flatten)]
    push: PushFlag,
    /// Allow original hosts and token servers on this machine and in private networks; kaquan demo always does
    #[arg(long, env = "KAQUAN_UPSTREAM_PRIVATE")]
    upstream_private: bool,
    /// Threads that handle requests [default: one per core]
    #[arg(long, env = "KAQUAN_WORKERS", value_name = "N")]
    workers: Option<usize>,
    /// With --database: number of writer connections; so many apps can commit at the same time [default: 4]
    #[arg(long, alias = "lanes", env = "KAQUAN_WRITERS", value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u16).range(2..=64))]
    writers: Option<u16>,
    /// With --database: maximum number of connections for reads; other reads wait, up to five seconds [default: 16]
    #[arg(long, env = "KAQUAN_READERS", value_name = "N", value_parser = clap::value_parser!(u16).range(2..=256))]
    readers: Option<u16>,
    #[command(flatten)]
    durability: DurabilityFlag,
}

/// The flag of commands that print addresses of a server.
#[derive(Debug, Clone, Default, Args)]
pub struct PublicUrlFlag {
    /// Address by which clients reach the server: http:// or https://, a host, and a port if needed [default: http://
    /// and the listening address]
    #[arg(long, env = "KAQUAN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
}

impl From<PublicUrlFlag> for ServerFlags {
    fn from(public_url: PublicUrlFlag) -> ServerFlags {
        ServerFlags { public_url, ..ServerFlags::default() }
    }
}

/// The flag of commands that send requests to receivers of events.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct PushFlag {
    /// Allow receivers of events on this machine and in private networks, for tests; kaquan demo always does
    #[arg(long, env = "KAQUAN_PUSH_PRIVATE")]
    push_private: bool,
}

impl From<PushFlag> for ServerFlags {
    fn from(push: PushFlag) -> ServerFlags {
        ServerFlags { push, ..ServerFlags::default() }
    }
}

/// The durability flag, of commands that start a server.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DurabilityFlag {
    /// When a change is confirmed [default: full]
    #[arg(long, env = "KAQUAN_DURABILITY", value_name = "LEVEL")]
    durability: Option<DurabilityLevel>,
}

impl From<DurabilityFlag> for ServerFlags {
    fn from(durability: DurabilityFlag) -> ServerFlags {
        ServerFlags { durability, ..ServerFlags::default() }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// JSON for programs.
    Json,
}

/// When a commit counts as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityLevel {
    /// When the disk has stored it: a power cut loses no confirmed change.
    Full,
    /// When the operating system has it: a power cut can lose the last changes.
    Normal,
}

impl From<DurabilityLevel> for Durability {
    fn from(level: DurabilityLevel) -> Durability {
        match level {
            DurabilityLevel::Full => Durability::Full,
            DurabilityLevel::Normal => Durability::Normal,
        }
    }
}

/// The number of writers from the environment variable of the previous version.
fn former_writers() -> Option<u16> {
    std::env::var("KAQUAN_LANES").ok()?.parse().ok()
}

/// A configuration file. An unknown name is an error, so that a misspelt setting is noticed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    #[serde(alias = "lanes")]
    writers: Option<u16>,
    readers: Option<u16>,
    listen: Option<String>,
    public_url: Option<String>,
    callback_ips: Option<Vec<String>>,
    trusted_proxies: Option<Vec<String>>,
    metrics_listen: Option<String>,
    push_private: Option<bool>,
    upstream_private: Option<bool>,
    secret_key_file: Option<PathBuf>,
    sandbox: Option<bool>,
    workers: Option<usize>,
    durability: Option<DurabilityLevel>,
    log: Option<String>,
    log_format: Option<LogFormat>,
}

/// The settings after merging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The data folder, if the settings name one; see [`Settings::data_or`].
    pub data: Option<PathBuf>,
    /// The database that is used instead of the folder.
    pub database: Option<String>,
    /// The number of writer connections to the database.
    pub writers: usize,
    /// The largest number of connections for reading.
    pub readers: usize,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The public URL of the server.
    pub public_url: Option<PublicUrl>,
    /// The addresses that `getcallbackip` and `get_api_domain_ip` return.
    pub callback_ips: Option<Vec<IpBlock>>,
    /// Trusted proxies: their `X-Forwarded-For` is used.
    pub trusted_proxies: Vec<IpBlock>,
    /// A separate address for `/metrics`; the API's address then does not serve it.
    pub metrics_listen: Option<SocketAddr>,
    /// Whether events may be pushed to this machine and its network.
    pub push_private: bool,
    /// Whether original hosts may be on this machine and its network.
    pub upstream_private: bool,
    /// The keys for the secrets of original hosts.
    pub secret_keys: Option<SecretKeys>,
    /// Whether visitors of the wallet pages choose their own identity.
    pub sandbox: bool,
    /// Threads that answer requests; the default is one per core.
    pub workers: Option<usize>,
    /// What must happen before a commit is reported as done.
    pub durability: DurabilityLevel,
    /// The log level or filter.
    pub log: String,
    /// The log format.
    pub log_format: LogFormat,
}

impl Settings {
    /// The data folder; `default` if the settings name none.
    pub fn data_or(&self, default: &str) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(default))
    }

    /// The data folder; the usual one if the settings name none.
    pub fn data(&self) -> PathBuf {
        self.data_or("kaquan-data")
    }
}

impl Common {
    /// Merges the settings: flags and environment first, then the file, then the defaults.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has an unknown setting or an invalid value.
    pub fn resolve(self, server: ServerFlags) -> Result<Settings, Failure> {
        let file = match &self.config {
            None => File::default(),
            Some(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                toml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?
            }
        };
        fn listed(list: Vec<String>) -> Result<Vec<IpBlock>, String> {
            list.iter().map(|text| text.parse()).collect()
        }
        let callback_ips: Option<Vec<IpBlock>> = setting("callback-ips", file.callback_ips, listed)?;
        let trusted_proxies: Option<Vec<IpBlock>> = setting("trusted-proxies", file.trusted_proxies, listed)?;
        let metrics_listen =
            setting("metrics-listen", file.metrics_listen, |address| listen_address(&address))?;
        let public_url = setting("public-url", file.public_url, |url| url.parse())?;
        let listen = setting("listen", file.listen, |address| listen_address(&address))?;
        let default = SocketAddr::from(([127, 0, 0, 1], 8080));
        Ok(Settings {
            data: self.data.or(file.data),
            database: self.database.or(file.database),
            writers: server
                .writers
                .or_else(former_writers)
                .or(file.writers)
                .map_or(DEFAULT_WRITERS, usize::from),
            readers: server.readers.or(file.readers).map_or(DEFAULT_READERS, usize::from),
            listen: server.listen.or(listen).unwrap_or(default),
            public_url: server.public_url.public_url.or(public_url),
            callback_ips: server.callback_ips.or(callback_ips),
            trusted_proxies: server.trusted_proxies.or(trusted_proxies).unwrap_or_default(),
            metrics_listen: server.metrics_listen.or(metrics_listen),
            push_private: server.push.push_private || file.push_private.unwrap_or(false),
            upstream_private: server.upstream_private || file.upstream_private.unwrap_or(false),
            secret_keys: secret_keys(self.secret_key_file.or(file.secret_key_file))?,
            sandbox: server.sandbox || file.sandbox.unwrap_or(false),
            workers: server.workers.or(file.workers),
            durability: server.durability.durability.or(file.durability).unwrap_or(DurabilityLevel::Full),
            log: self.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
        })
    }
}

/// The keys for secrets, from the variable or else from the file. There is no flag with the key itself, because the
/// process list shows flags.
fn secret_keys(file: Option<PathBuf>) -> Result<Option<SecretKeys>, Failure> {
    let (name, text) = match (std::env::var("KAQUAN_SECRET_KEY").ok().filter(|keys| !keys.is_empty()), file) {
        (Some(keys), _) => ("KAQUAN_SECRET_KEY".to_owned(), keys),
        (None, Some(path)) => {
            let text =
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            (path.display().to_string(), text)
        }
        (None, None) => return Ok(None),
    };
    text.parse().map(Some).map_err(|reason| format!("{name}: {reason}").into())
}

/// Reads a setting of the file. An error names the setting.
fn setting<T, U>(
    name: &str,
    given: Option<T>,
    read: impl FnOnce(T) -> Result<U, String>,
) -> Result<Option<U>, String> {
    given.map(read).transpose().map_err(|error| format!("{name}: {error}"))
}

/// Parses an address to listen on, such as `127.0.0.1:8080` or `localhost:8080`. If a name has several addresses, the
/// first IPv4 address is used: a machine without IPv6 may still have names with IPv6 addresses.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |why: &str| format!("{text:?} {why}, such as 127.0.0.1:8080 or localhost:8080");
    if text.rsplit_once(':').is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err()) {
        return Err(wrong("is no host with a port"));
    }
    let found: Vec<SocketAddr> = text
        .to_socket_addrs()
        .map_err(|error| wrong(&format!("cannot be used to listen ({error}); name an address")))?
        .collect();
    let first = found.iter().find(|address| address.is_ipv4()).or(found.first());
    first.copied().ok_or_else(|| wrong("has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_has_the_default_settings() {
        let file: File = toml::from_str(DEFAULT_FILE).unwrap();
        assert_eq!(file.data, Some(PathBuf::from("kaquan-data")));
        assert_eq!(file.listen.as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(file.durability, Some(DurabilityLevel::Full));
        assert_eq!(file.log.as_deref(), Some("info"));
        assert_eq!(file.log_format, Some(LogFormat::Text));
    }

    fn resolve(text: &str, flags: ServerFlags) -> Result<Settings, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kaquan.toml");
        std::fs::write(&path, text).unwrap();
        Common { config: Some(path), ..Common::default() }.resolve(flags)
    }

    #[test]
    fn a_database_of_the_file_is_used_with_as_many_writers_as_it_says() {
        // The second name is that of the previous version.
        for name in ["writers", "lanes"] {
            let text = format!("database = \"postgres://db/kaquan\"\n{name} = 8");
            let settings = resolve(&text, ServerFlags::default()).unwrap();
            assert_eq!((settings.database.as_deref(), settings.writers), (Some("postgres://db/kaquan"), 8));
        }
        assert_eq!(resolve("", ServerFlags::default()).unwrap().writers, 4);
        assert_eq!(resolve("readers = 3", ServerFlags::default()).unwrap().readers, 3);
        assert_eq!(resolve("", ServerFlags::default()).unwrap().readers, 16);
    }

    #[test]
    fn addresses_of_the_file_are_read_and_a_flag_wins_over_them() {
        let ips =
            |texts: &[&str]| Some(texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpBlock>>());
        let file = r#"callback-ips = ["203.0.113.7", "2001:db8::/64"]"#;
        let settings = resolve(file, ServerFlags::default()).unwrap();
        assert_eq!(settings.callback_ips, ips(&["203.0.113.7", "2001:db8::/64"]));
        let flags = ServerFlags { callback_ips: ips(&["10.0.0.0/8"]), ..ServerFlags::default() };
        assert_eq!(resolve(file, flags).unwrap().callback_ips, ips(&["10.0.0.0/8"]));
        assert_eq!(resolve("", ServerFlags::default()).unwrap().callback_ips, None);
        let error = resolve(r#"callback-ips = ["cards.example"]"#, ServerFlags::default()).unwrap_err();
        assert!(error.to_string().contains("cards.example"), "{error}");
    }

    #[test]
    fn no_proxy_is_trusted_and_metrics_are_beside_the_api_unless_said() {
        let settings = resolve("", ServerFlags::default()).unwrap();
        assert_eq!((settings.trusted_proxies, settings.metrics_listen), (vec![], None));
        let file = "trusted-proxies = [\"10.0.0.0/8\", \"::1\"]\nmetrics-listen = \"127.0.0.1:9100\"";
        let settings = resolve(file, ServerFlags::default()).unwrap();
        let texts: Vec<&str> = settings.trusted_proxies.iter().map(IpBlock::as_str).collect();
        assert_eq!(texts, ["10.0.0.0/8", "::1"]);
        assert_eq!(settings.metrics_listen, Some(SocketAddr::from(([127, 0, 0, 1], 9100))));
        let one = vec!["192.0.2.1".parse().unwrap()];
        let flags = ServerFlags { trusted_proxies: Some(one.clone()), ..ServerFlags::default() };
        assert_eq!(resolve(file, flags).unwrap().trusted_proxies, one);
        for (file, name) in [
            ("trusted-proxies = [\"proxy\"]", "trusted-proxies: "),
            ("metrics-listen = \"9100\"", "metrics-listen: "),
        ] {
            let error = resolve(file, ServerFlags::default()).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn an_address_to_listen_on_may_be_a_name_and_has_a_port() {
        for (text, expected) in [
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("localhost:8080", "127.0.0.1:8080"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:8080", "[::1]:8080"),
        ] {
            assert_eq!(listen_address(text), Ok(expected.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "everywhere",
            "8080",
            ":8080",
            "127.0.0.1",
            "localhost:",
            "localhost:http",
            "::1",
            "127.0.0.1:70000",
        ] {
            let error = listen_address(text).unwrap_err();
            assert!(error.contains(text) && error.contains("localhost:8080"), "{error}");
        }
    }

    #[test]
    fn the_public_url_and_the_address_of_the_file_are_checked_by_name() {
        let settings = resolve(
            "public-url = \"https://cards.example/\"\nlisten = \"localhost:81\"",
            ServerFlags::default(),
        );
        let settings = settings.unwrap();
        assert_eq!(settings.public_url.as_ref().map(PublicUrl::as_str), Some("https://cards.example"));
        assert_eq!(settings.listen, SocketAddr::from(([127, 0, 0, 1], 81)));
        for (file, word) in
            [("public-url = \"cards.example\"", "public-url: "), ("listen = \"8080\"", "listen: ")]
        {
            let error = resolve(file, ServerFlags::default()).unwrap_err().to_string();
            assert!(error.starts_with(word), "{error}");
        }
    }

    #[test]
    fn the_keys_for_secrets_are_read_from_the_file_that_the_settings_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let file = format!("secret-key-file = {:?}\nupstream-private = true", path.display().to_string());
        let error = resolve(&file, ServerFlags::default()).unwrap_err().to_string();
        assert!(error.contains("secret.key"), "{error}");
        let key = kaquan_server::fresh_key().unwrap();
        std::fs::write(&path, format!("# the key of the shop\n{key}\n")).unwrap();
        let settings = resolve(&file, ServerFlags::default()).unwrap();
        assert_eq!((settings.secret_keys, settings.upstream_private), (key.parse().ok(), true));
        assert_eq!(resolve("", ServerFlags::default()).unwrap().secret_keys, None);
        std::fs::write(&path, "bm90IGEga2V5").unwrap();
        let error = resolve(&file, ServerFlags::default()).unwrap_err().to_string();
        assert!(error.contains("secret.key") && !error.contains("bm90IGEga2V5"), "{error}");
    }

    #[test]
    fn a_misspelt_setting_is_an_error() {
        assert!(toml::from_str::<File>("listn = \"127.0.0.1:1\"").is_err());
    }
}
