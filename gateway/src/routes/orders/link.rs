//! `POST /api/orders/{id}/session`: the key of an order's link for a cookie.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use pizza_http::Peer;
use pizza_http::extract::Path;
use pizza_types::ActorId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::body::{JsonBody, Text};
use crate::problem::{self, Problem};
use crate::routes::session::nothing_but;
use crate::schema::{Object, Schemas, about};
use crate::{cookie, order_link};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Given<'a> {
    #[serde(borrow)]
    tracking_key: Text<'a>,
}

pub(super) async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    body: JsonBody,
) -> Result<Response, Problem> {
    let order = ActorId::new("order", id)?;
    let given: Given<'_> = body.parse()?;
    // Nobody asks the order: whether there is one is told to whoever has its key alone.
    if !order_link::is_key(&app, order.key(), &given.tracking_key.0).await? {
        let detail = "this is not the key of this order";
        return Err(Problem::new(problem::FORBIDDEN, detail));
    }
    let peer = peer.map(|Extension(peer)| peer);
    let is_secured = cookie::is_secured(peer.as_ref(), &headers);
    let cookie = order_link::cookie(order.key(), &given.tracking_key.0, is_secured)?;
    Ok(nothing_but([cookie]))
}

pub(super) fn body(_: &mut Schemas) -> Value {
    Object::default().with("trackingKey", key(), true).done()
}

/// The key in the document.
pub(super) fn key() -> Value {
    let text = json!({"type": "string"});
    about(
        "Opens this order to whoever has it, without an account.",
        text,
    )
}
