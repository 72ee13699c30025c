//! What is told outside waits for the log's tail, where it may stand on what others have staged.

use pizza_store::Tail;
use pizza_types::{CallError, Reply};

use crate::core::{Core, store_error};

/// The answer, once everything is durable that was staged when it was given: errors wait too, for
/// they tell of what was read.
///
/// # Errors
/// Those of the answer, or why what it stands on is lost.
pub(crate) async fn passed(
    core: &Core,
    answer: Result<Reply, CallError>,
) -> Result<Reply, CallError> {
    match core.store.tail() {
        Some(tail) => behind(tail, answer).await,
        None => answer,
    }
}

/// The same behind a tail that was asked for when the answer was given: a later one has more to wait
/// for.
///
/// # Errors
/// As [`passed`].
pub(crate) async fn behind(
    tail: Tail,
    answer: Result<Reply, CallError>,
) -> Result<Reply, CallError> {
    tail.await.map_err(store_error)?;
    answer
}
