//! The body of an API call before it is interpreted, and its digest for the idempotency key.

use super::form_token::Fields;
use crate::encoding::hex;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// The body of a request.
pub enum Payload {
    /// As it was sent.
    Bytes(Bytes),
    /// The fields of a form that had the token, without the token.
    Form(Fields),
}

impl Payload {
    /// A digest of the request. A repeat under the same idempotency key must have the same digest. A repeat may have
    /// another token.
    pub fn digest(&self, path: &str) -> String {
        let digest = Sha256::new().chain_update(path).chain_update([0]);
        let digest = match self {
            Payload::Bytes(bytes) => digest.chain_update(bytes),
            Payload::Form(fields) => {
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                digest.chain_update(form)
            }
        };
        hex(&digest.finalize())
    }
}
