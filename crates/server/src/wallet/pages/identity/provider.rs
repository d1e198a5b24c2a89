//! The identity provider in force for an app, and the binding of sessions to it.

use crate::auth::secret;
use crate::encoding::hex;
use kaquan_core::identity::{Identity, IdentitySettings};

/// The identity provider in force, and the binding of sessions to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The provider.
    pub identity: Identity,
    /// The binding of a session: mode of the server, version of the settings, and a digest of provider and secrets. A
    /// session with another binding has ended.
    pub binding: String,
}

impl Provider {
    /// The provider in force; `None` if guests cannot be identified.
    pub fn in_force(settings: Option<IdentitySettings>, sandbox: bool) -> Option<Provider> {
        let default = || IdentitySettings { identity: Identity::Pretend, version: 0 };
        let IdentitySettings { identity, version } = settings.or_else(|| sandbox.then(default))?;
        if identity == Identity::Pretend && !sandbox {
            return None;
        }
        let mode = if sandbox { "sandbox" } else { "live" };
        // Each part ends in a line feed, so that no two lists of parts are one text.
        let parts = identity.voucher().map(|part| format!("{}\n{part}\n", part.len())).concat();
        let digest = hex(&secret::digest(&parts)[..16]);
        Some(Provider { identity, binding: format!("{mode}.{version}.{digest}") })
    }
}
