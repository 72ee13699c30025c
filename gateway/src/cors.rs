//! Which web pages elsewhere may ask, and read the answers (the Fetch standard's CORS).

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use pizza_http::Origin;
use tower_http::cors::CorsLayer;

/// How long a browser need not ask again whether it may.
const ASK_AGAIN: Duration = Duration::from_secs(600);

/// The layer for these origins; `None` where no page elsewhere may ask. Browsers send no cookies
/// and no passwords of their own: a page shows a token, or is on this machine.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let listed = origins.iter();
    // What was parsed as an origin is fit for a header.
    let listed = listed.filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok());
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    let sent = [
        header::ACCEPT,
        header::AUTHORIZATION,
        header::CACHE_CONTROL,
        header::CONTENT_TYPE,
        header::IF_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
        HeaderName::from_static("x-request-id"),
    ];
    let read = [
        // Scripts see no header that is not listed here.
        header::ETAG,
        header::LOCATION,
        header::RETRY_AFTER,
        header::WWW_AUTHENTICATE,
        HeaderName::from_static("idempotency-replayed"),
        HeaderName::from_static("x-pizza-version"),
        HeaderName::from_static("x-request-id"),
    ];
    let layer = CorsLayer::new().allow_origin(listed.collect::<Vec<_>>());
    let layer = layer.allow_methods(methods).allow_headers(sent);
    Some(layer.expose_headers(read).max_age(ASK_AGAIN))
}
