//! The events by which others hear of an order: who follows it, its restaurant, its kitchen.

use serde::Serialize;
use silo_sdk::{context, streams};

use crate::bindings::types::{Item, Location, OrderState, RemakeReason, Status};
use crate::custody::{self, Holder};
use crate::eta;

/// Stream names are part of the contract; this one's events go by order.
const EVENTS: &str = "order-events";
/// By restaurant: its list, its metrics and its manager's screen.
const OF_RESTAURANT: &str = "restaurant-orders";
/// By restaurant: the queue and the chefs.
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
struct OrderEvent<'a> {
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
struct RestaurantEvent<'a> {
    #[serde(flatten)]
    event: OrderEvent<'a>,
    customer_id: &'a str,
    total_cents: u64,
    created_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_to: Option<&'a Location>,
    /// How many there are to carry.
    pizzas: u32,
    #[serde(flatten)]
    details: Option<Details<'a>>,
}

/// What never changes of an order. It is told once, with the first event, and the restaurant keeps
/// it: most events of an order are where its driver is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    items: &'a [Item],
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// To those who follow the order, and to those who follow its restaurant.
pub fn to_followers(order: &OrderState, kind: Kind, from: Option<Status>) {
    // For the timeline on a screen; nobody decides by it.
    let by = context::caller().map(|actor| format!("{}/{}", actor.actor_type, actor.key));
    let event = OrderEvent {
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
    streams::publish(EVENTS, &order.order_id, &event);
    let for_restaurant = RestaurantEvent {
        event,
        customer_id: &order.customer_id,
        total_cents: order.total_cents,
        created_at: order.created_at,
        deliver_to: order.delivery_location.as_ref(),
        pizzas: order.items.iter().map(|item| item.quantity).sum(),
        details: (order.version == 1).then(|| Details {
            items: &order.items,
            delivery_address: order.delivery_address.as_deref(),
            customer_name: order.customer_name.as_deref(),
            note: order.note.as_deref(),
        }),
    };
    streams::publish(OF_RESTAURANT, &order.restaurant_id, &for_restaurant);
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KitchenEvent<'a> {
    order_id: &'a str,
    version: u64,
    status: Status,
    /// It belongs in the kitchen's queue, and nowhere else.
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
    late: bool,
    promised_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remake_reason: Option<RemakeReason>,
}

/// Where the order is now, as far as the kitchen is concerned; `by` is the chef whose step
/// brought it there.
pub fn to_kitchen(order: &OrderState, holder: &Holder, by: Option<&str>, front: bool) {
    // The order alone decides whether it waits: a kitchen that reckoned by itself would have
    // to know every rule of the order.
    let waits = custody::waits(order.status, holder);
    let event = KitchenEvent {
        order_id: &order.order_id,
        version: order.version,
        status: order.status,
        waits,
        front: waits && (front || by.is_some()),
        chef_id: match holder {
            Holder::Chef(chef_id) => Some(chef_id),
            Holder::Nobody | Holder::People => None,
        },
        by,
        items: &order.items,
        at: order.updated_at,
        remakes: order.remakes,
        late: order.late,
        promised_at: order.created_at.saturating_add(eta::FIRST_MS),
        customer_name: order.customer_name.as_deref(),
        note: order.note.as_deref(),
        remake_reason: order.remake_reason,
    };
    streams::publish(KITCHEN, &order.restaurant_id, &event);
}
