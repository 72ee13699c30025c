//! What the restaurant's manager hears.

use silo_sdk::{context, json, streams};

use crate::bindings::types::{Amount, SupplyOrder};

/// The stream that tells programs what is wrong with a restaurant's stock; its key is the
/// restaurant's.
const ALERTS: &str = "inventory-alerts";
/// The stream that the manager's screen follows; it shows the message.
const DASHBOARD: &str = "restaurant-orders";

/// Tells of ingredients that have just fallen below their threshold.
pub(crate) fn low_stock(low: &[Amount]) {
    let restaurant = context::key();
    let alert = json::json!({
        "restaurantId": restaurant, "at": context::now_ms(), "items": low,
    });
    streams::publish(ALERTS, &restaurant, &alert);
    let names: Vec<_> = low.iter().map(|line| line.ingredient.as_str()).collect();
    to_manager("low-stock", &format!("low on {}", names.join(", ")));
}

/// Tells of an order to a supplier that came to nothing.
pub(crate) fn failed_order(order: &SupplyOrder) {
    let restaurant = context::key();
    let alert = json::json!({
        "restaurantId": restaurant, "at": context::now_ms(), "failedOrder": order,
    });
    streams::publish(ALERTS, &restaurant, &alert);
    let reason = order.reason.as_deref().unwrap_or_default();
    let (id, ingredient) = (&order.order_id, &order.ingredient);
    to_manager(
        "supply-failed",
        &format!("{id} for {ingredient} failed: {reason}"),
    );
}

/// Tells the manager's screens to look at the stock: something has come, or is expected from now on.
/// That it goes down with each order they see without being told.
pub(crate) fn stock_changed() {
    let news = json::json!({"kind": "stock", "at": context::now_ms()});
    streams::publish(DASHBOARD, &context::key(), &news);
}

/// Asks for a yes to an order to a supplier.
pub(crate) fn proposed_order(order_id: &str, quantity: u32, ingredient: &str) {
    let message = format!("{order_id} for {quantity} {ingredient} waits for a yes");
    publish("supply-proposed", &message, Some(order_id));
}

/// What was asked for is decided: whoever has the alert takes it for seen.
pub(crate) fn decided_order(order_id: &str) {
    let news = json::json!({
        "kind": "decided", "at": context::now_ms(), "about": order_id,
        "by": context::self_id().to_string(),
    });
    streams::publish(DASHBOARD, &context::key(), &news);
}

fn to_manager(kind: &str, message: &str) {
    publish(kind, message, None);
}

/// `about` is what it waits for.
fn publish(kind: &str, message: &str, about: Option<&str>) {
    let mut alert = json::json!({
        "at": context::now_ms(), "alert": {
            "kind": kind, "message": message, "severity": "warning",
            "source": context::self_id().to_string(),
        },
    });
    if let Some(about) = about {
        alert["alert"]["about"] = about.into();
    }
    streams::publish(DASHBOARD, &context::key(), &alert);
}
