//! The identity provider that is used for an app, and the binding of sessions to it.

use crate::auth::secret;
use crate::encoding::hex;
use kaquan_core::identity::{Identity, IdentitySettings};

/// The identity provider that is used, and the binding of sessions to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The provider.
    pub identity: Identity,
    /// A text that a session must match: the server's mode, the version of the settings, and a digest of provider and
    /// secrets. A session with another binding is no longer valid.
    pub binding: String,
}

impl Provider {
    /// The provider that is used; `None` if guests cannot be identified.
    pub fn in_force(settings: Option<IdentitySettings>, sandbox: bool) -> Option<Provider> {
        let default = || IdentitySettings { identity: Identity::Pretend, version: 0 };
        let IdentitySettings { identity, version } = settings.or_else(|| sandbox.then(default))?;
        if identity == Identity::Pretend && !sandbox {
            return None;
        }
        let mode = if sandbox { "sandbox" } else { "live" };
        // Each part has its length and a line feed, so that two different lists of parts never give the same text.
        let parts = identity.voucher().map(|part| format!("{}\n{part}\n", part.len())).concat();
        let digest = hex(&secret::digest(&parts)[..16]);
        Some(Provider { identity, binding: format!("{mode}.{version}.{digest}") })
    }
}
