//! Bearer tokens. They are kept as digests: what is looked up tells nothing of what is
//! looked for, neither by its time nor in a memory dump.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::TokenConfig;
use crate::identity::Holder;

/// Who holds which token.
pub struct Tokens(HashMap<[u8; 32], Arc<Holder>>);

impl Tokens {
    #[must_use]
    pub fn new(tokens: &[TokenConfig]) -> Self {
        let holder = |(number, token): (usize, &TokenConfig)| {
            let holder = Holder {
                role: token.role,
                subject: token.subject.clone(),
                number,
            };
            (digest(token.token.expose()), Arc::new(holder))
        };
        Self(tokens.iter().enumerate().map(holder).collect())
    }

    /// The holder of this token.
    #[must_use]
    pub fn holder(&self, token: &str) -> Option<Arc<Holder>> {
        self.0.get(&digest(token)).cloned()
    }
}

fn digest(token: &str) -> [u8; 32] {
    *blake3::hash(token.as_bytes()).as_bytes()
}
