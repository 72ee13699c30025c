//! What is told outside waits for the log's tail, where it may stand on what others have staged.

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
    if let Some(tail) = core.store.tail() {
        tail.await.map_err(store_error)?;
    }
    answer
}
