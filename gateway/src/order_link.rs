//! The link of an order: whoever has its key may see that order without an account, and do what its
//! customer may. The key follows from the order's id and a secret of the store, so that nothing is
//! kept of it; a page changes it for a cookie that is sent to that order's addresses alone.

use axum::http::{HeaderMap, HeaderValue};

use crate::app::App;
use crate::cookie::{self, Cookie, ORDER};
use crate::problem::{self, Problem};

/// How long the cookie is kept: longer than any order takes.
const SECONDS: u64 = 7 * 24 * 3_600;

/// The key of the link of an order that was just made; `None` while the silos do not tell the secret,
/// or not soon.
pub(crate) async fn key(app: &App, id: &str) -> Option<String> {
    let key = app.keys().of_new_order(app.client(), id).await?;
    Some(key.into_exposed())
}

/// Whether this is the key of the order's link.
///
/// # Errors
/// When the secret cannot be had.
pub(crate) async fn is_key(app: &App, id: &str, given: &str) -> Result<bool, Problem> {
    Ok(app.keys().get(app.client()).await?.of_order(id).is(given))
}

/// Whether a request has the cookie of the order's link.
///
/// # Errors
/// As [`is_key`].
pub(crate) async fn opens(
    app: &App,
    headers: &HeaderMap,
    is_secured: bool,
    id: &str,
) -> Result<bool, Problem> {
    match cookie::sent(headers, ORDER.of(is_secured)) {
        Some(given) => is_key(app, id, given).await,
        None => Ok(false),
    }
}

/// The cookie for the order, whose id is one that an actor may have.
///
/// # Errors
/// When it is not fit for a header.
pub(crate) fn cookie(id: &str, key: &str, secure: bool) -> Result<HeaderValue, Problem> {
    let cookie = Cookie {
        name: ORDER,
        value: key,
        path: &format!("/api/orders/{id}"),
        seconds: SECONDS,
        secure,
    };
    let header = cookie.header();
    header.ok_or_else(|| Problem::new(problem::INTERNAL, "the cookie is not fit for a header"))
}
