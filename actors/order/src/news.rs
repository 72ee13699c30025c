//! What others hear of an order.

use serde::Serialize;
use silo_sdk::{context, streams};

use crate::bindings::types::{Item, Location, OrderState, Status};
use crate::hands::{self, Hands};

/// By order.
const EVENTS: &str = "order-events";
/// By restaurant.
const OF_RESTAURANT: &str = "restaurant-orders";
const KITCHEN: &str = "kitchen-orders";

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Status,
    Driver,
    Eta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct News<'a> {
    order_id: &'a str,
    restaurant_id: &'a str,
    version: u64,
    at: u64,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Status>,
    status: Status,
    late: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_location: Option<&'a Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery_at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ForRestaurant<'a> {
    #[serde(flatten)]
    news: News<'a>,
    customer_id: &'a str,
    total_cents: u64,
    created_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_to: Option<&'a Location>,
}

/// To whoever follows the order, and to whoever follows its restaurant.
pub fn tell(order: &OrderState, kind: Kind, from: Option<Status>) {
    let by = context::caller().map(|actor| format!("{}/{}", actor.actor_type, actor.key));
    let news = News {
        order_id: &order.order_id,
        restaurant_id: &order.restaurant_id,
        version: order.version,
        at: order.updated_at,
        kind,
        from,
        status: order.status,
        late: order.late,
        driver_id: order.driver_id.as_deref(),
        driver_location: order.driver_location.as_ref(),
        estimated_delivery_at: order.estimated_delivery_at,
        by,
    };
    streams::publish(EVENTS, &order.order_id, &news);
    let wish = ForRestaurant {
        news,
        customer_id: &order.customer_id,
        total_cents: order.total_cents,
        created_at: order.created_at,
        deliver_to: order.delivery_location.as_ref(),
    };
    streams::publish(OF_RESTAURANT, &order.restaurant_id, &wish);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KitchenNews<'a> {
    order_id: &'a str,
    version: u64,
    status: Status,
    /// In the kitchen's queue it belongs, and nowhere else.
    waits: bool,
    /// Before all others: it was burned, or a chef gave it up.
    front: bool,
    /// Who has it in hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    chef_id: Option<&'a str>,
    /// Whose step this was.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    items: &'a [Item],
    at: u64,
    remakes: u32,
}

/// Where the order is now, as far as the kitchen is concerned; `by` is the chef whose step
/// brought it there.
pub fn tell_kitchen(order: &OrderState, hands: &Hands, by: Option<&str>, front: bool) {
    let waits = hands::waits(order.status, hands);
    let news = KitchenNews {
        order_id: &order.order_id,
        version: order.version,
        status: order.status,
        waits,
        front: waits && (front || by.is_some()),
        chef_id: match hands {
            Hands::Chef(chef_id) => Some(chef_id),
            Hands::Nobody | Hands::People => None,
        },
        by,
        items: &order.items,
        at: order.updated_at,
        remakes: order.remakes,
    };
    streams::publish(KITCHEN, &order.restaurant_id, &news);
}
