//! The log: to standard error, as text or JSON, filtered by the `log` setting.

use crate::Failure;
use crate::config::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;

/// Starts logging.
///
/// # Errors
///
/// The filter cannot be parsed.
pub fn start(settings: &Settings) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| format!("log: {error}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.log_format {
        LogFormat::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init(),
        LogFormat::Json => log.json().try_init(),
    }
}
