//! Bearer tokens. They are kept as digests: what is looked up tells nothing of what is
//! looked for, neither by its time nor in a memory dump.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::TokenConfig;
use crate::identity::Holder;

/// What a token is turned into for a session: with another purpose than the digest by which it is
/// looked up, so that the one is not the other (BLAKE3, 2.3, `derive_key`).
const OF_SESSIONS: &str = "awesome-pizza 2026 fingerprint of a token in a session";

/// Who holds which token.
pub struct Tokens {
    holders: HashMap<[u8; 32], Arc<Holder>>,
    by_fingerprint: HashMap<[u8; 16], Arc<Holder>>,
}

impl Tokens {
    #[must_use]
    pub fn new(tokens: &[TokenConfig]) -> Self {
        let mut holders = HashMap::with_capacity(tokens.len());
        let mut by_fingerprint = HashMap::with_capacity(tokens.len());
        for (number, token) in tokens.iter().enumerate() {
            let holder = Arc::new(Holder {
                role: token.role,
                subject: token.subject.clone(),
                number: Some(number),
            });
            let token = token.token.expose();
            holders.insert(digest(token), Arc::clone(&holder));
            by_fingerprint.insert(fingerprint(token), holder);
        }
        Self {
            holders,
            by_fingerprint,
        }
    }

    /// The holder of this token.
    #[must_use]
    pub fn holder(&self, token: &str) -> Option<Arc<Holder>> {
        self.holders.get(&digest(token)).cloned()
    }

    /// By what a session remembers this token; `None` for one that nobody holds.
    pub(crate) fn fingerprint(&self, token: &str) -> Option<[u8; 16]> {
        let fingerprint = fingerprint(token);
        let is_known = self.by_fingerprint.contains_key(&fingerprint);
        is_known.then_some(fingerprint)
    }

    /// The holder of the token that a session remembers.
    pub(crate) fn by_fingerprint(&self, fingerprint: &[u8; 16]) -> Option<Arc<Holder>> {
        self.by_fingerprint.get(fingerprint).cloned()
    }
}

fn digest(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}

fn fingerprint(token: &str) -> [u8; 16] {
    let whole = blake3::derive_key(OF_SESSIONS, token.as_bytes());
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&whole[..16]);
    fingerprint
}
