//! What edges hear when the store does not do what it was asked for.

use pizza_store::StoreError;
use pizza_types::CallError;

pub(crate) fn refused(error: StoreError) -> CallError {
    match error {
        StoreError::Full { detail } => CallError::StorageFull { detail },
        error => CallError::Store {
            detail: error.to_string(),
        },
    }
}
