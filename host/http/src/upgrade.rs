//! A connection that goes on with another protocol (RFC 9110, 7.8).
//!
//! To HTTP it has ended then, and its permit would be given back while its socket is still open:
//! whoever upgrades many would have more connections than there may be.

use std::sync::Arc;

use crate::permits::{Busy, Permit};

/// By what a handler keeps a connection counted that is to be upgraded. It is an extension of
/// each request that has come over a connection.
#[derive(Clone)]
pub struct Upgrade(Arc<Permit>);

/// While it lives, its connection counts as one of HTTP that is in use: among all, and among those
/// of its address.
pub struct Upgraded {
    // First: what is idle may be evicted, and nobody would hear of it.
    _permit: Arc<Permit>,
    _busy: Busy,
}

impl Upgrade {
    pub(crate) fn new(permit: Arc<Permit>) -> Self {
        Self(permit)
    }

    /// Counts the connection until what is returned is dropped. To be called before the request
    /// is answered, so that it is never found idle in between.
    #[must_use]
    pub fn hold(&self) -> Upgraded {
        Upgraded {
            _permit: Arc::clone(&self.0),
            _busy: self.0.peer.begin_request(),
        }
    }
}
