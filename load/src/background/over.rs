//! Whether a simulation goes on, and how it ends.

use tokio::sync::watch;

/// Whether it goes on.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum Over {
    No,
    /// Nobody orders any more; what was ordered comes to its end.
    InPeace,
    /// The process stops: what is on the road is delivered, and all else is left.
    AtOnce,
}

/// Resolves when it is over in this way, or in a harder one.
pub(super) async fn comes(mut over: watch::Receiver<Over>, how: Over) {
    // A sender that is gone can say no more: it is over too.
    let _ = over.wait_for(|over| *over >= how).await;
}
