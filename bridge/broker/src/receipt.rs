//! What the acknowledgement to a publisher waits for: that the internal client has
//! acknowledged the message.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::identity::SessionId;

/// It changes only under the hub's lock. The publisher's connection reads it without.
#[derive(Debug)]
pub(crate) struct Receipt {
    /// Whose connection is woken when it is complete.
    pub(crate) publisher: SessionId,
    /// Sessions of the internal client that have not acknowledged the message.
    open: AtomicUsize,
}

impl Receipt {
    pub(crate) fn new(publisher: SessionId) -> Self {
        Self {
            publisher,
            open: AtomicUsize::new(0),
        }
    }

    /// One more session has to acknowledge it.
    pub(crate) fn expect_one(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// One of them has; whether it was the last.
    pub(crate) fn complete_one(&self) -> bool {
        // Release, with Acquire in `is_complete`: a connection that sees the receipt complete
        // sees also what the acknowledgement stands on.
        let before = self.open.fetch_sub(1, Ordering::Release);
        debug_assert!(before > 0, "acknowledged more often than expected");
        before == 1
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.open.load(Ordering::Acquire) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_complete_with_the_last_of_its_acknowledgements() {
        let receipt = Receipt::new(SessionId(1));
        assert!(receipt.is_complete());
        receipt.expect_one();
        receipt.expect_one();
        assert!(!receipt.complete_one() && !receipt.is_complete());
        assert!(receipt.complete_one() && receipt.is_complete());
    }
}
