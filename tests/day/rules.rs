//! What must hold at every moment at which nobody is at work.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::town::Town;

pub(crate) async fn check(town: &mut Town) -> Result<(), String> {
    stock_is_conserved(town).await?;
    let carried = drivers_carry_one_order_each(town).await?;
    chefs_cook_one_order_each(town).await?;
    let mut live = Vec::new();
    for id in std::mem::take(&mut town.live) {
        let order = town.read("order", &id, "get").await;
        moves_are_legal(town, &id).await?;
        driver_and_order_agree(&order, &carried)?;
        // What has ended cannot change any more; that it does not is another rule.
        if !is_over(&order) {
            live.push(id);
        }
    }
    town.live = live;
    Ok(())
}

pub(crate) fn is_over(order: &Value) -> bool {
    let ends = ["delivered", "cancelled", "rejected"];
    ends.iter().any(|end| order["status"] == *end)
}

async fn stock_is_conserved(town: &Town) -> Result<(), String> {
    let stock = town.read("inventory", "napoli", "stock").await;
    for line in stock.as_array().ok_or("no stock")? {
        let count = |name: &str| line[name].as_u64().unwrap_or(u64::MAX / 8);
        let gone = count("onHand") + count("reserved") + count("consumed") + count("wasted");
        if count("supplied") != gone {
            return Err(format!("an ingredient was made or lost: {line}"));
        }
    }
    Ok(())
}

/// Order to driver.
async fn drivers_carry_one_order_each(town: &Town) -> Result<BTreeMap<String, String>, String> {
    let mut carried = BTreeMap::new();
    for driver in crate::DRIVERS {
        let state = town.read("driver", driver, "get").await;
        let Some(order) = state["orderId"].as_str() else {
            continue;
        };
        if let Some(other) = carried.insert(order.to_owned(), driver.to_owned()) {
            return Err(format!("{order} is carried by {driver} and {other}"));
        }
    }
    Ok(carried)
}

async fn chefs_cook_one_order_each(town: &Town) -> Result<(), String> {
    let mut cooked = BTreeMap::new();
    for chef in crate::CHEFS {
        let key = format!("napoli.{chef}");
        let state = town.read("chef", &key, "get").await;
        if let Some(order) = state["task"]["orderId"].as_str()
            && let Some(other) = cooked.insert(order.to_owned(), key.clone())
        {
            return Err(format!("{order} is cooked by {key} and {other}"));
        }
    }
    Ok(())
}

async fn moves_are_legal(town: &Town, id: &str) -> Result<(), String> {
    const LEGAL: [(&str, &str); 8] = [
        ("created", "preparing"),
        ("created", "cancelled"),
        ("preparing", "baking"),
        ("preparing", "cancelled"),
        ("baking", "ready"),
        ("baking", "preparing"),
        ("ready", "outForDelivery"),
        ("outForDelivery", "delivered"),
    ];
    let timeline = town.read("order", id, "timeline").await;
    let steps = timeline.as_array().ok_or("no timeline")?;
    let mut at = None;
    for step in steps {
        let (from, to) = (
            step["from"].as_str(),
            step["to"].as_str().unwrap_or_default(),
        );
        let first = at.is_none() && from.is_none() && matches!(to, "created" | "rejected");
        // A pizza burned once too often ends the order.
        let refunded = (from, to) == (Some("baking"), "cancelled");
        let legal = from.is_some_and(|from| LEGAL.contains(&(from, to)) || refunded);
        let follows = legal && from == at;
        if !(first || follows) {
            return Err(format!("{id} went from {at:?} by {step}"));
        }
        at = Some(to);
    }
    Ok(())
}

fn driver_and_order_agree(order: &Value, carried: &BTreeMap<String, String>) -> Result<(), String> {
    let id = order["orderId"].as_str().unwrap_or_default();
    let on_the_way = order["status"] == "ready" || order["status"] == "outForDelivery";
    let driver = order["driverId"].as_str().filter(|_| on_the_way);
    match (driver, carried.get(id)) {
        (Some(driver), Some(carrier)) if driver != carrier => Err(format!(
            "{id} is given to {driver} and carried by {carrier}"
        )),
        _ => Ok(()),
    }
}
