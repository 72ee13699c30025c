//! Puts an [`Admission`] in front of routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;

use super::{Admission, Refusal};

/// Lets only requests reach the routes that are for us. Each API says by `refuse` in its own words
/// that one is not.
pub fn with_admission<S, F>(router: Router<S>, admission: Admission, refuse: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn(Refusal) -> Response + Send + Sync + 'static,
{
    let shared = Arc::new((admission, refuse));
    router.layer(from_fn(move |request: Request, next: Next| {
        let shared = Arc::clone(&shared);
        async move {
            let (admission, refuse) = &*shared;
            let (head, body) = request.into_parts();
            match admission.check(&head) {
                Ok(()) => next.run(Request::from_parts(head, body)).await,
                Err(refusal) => refuse(refusal),
            }
        }
    }))
}
