//! What must hold at every moment at which nobody is at work.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::simulated_day::town::Town;

pub(crate) async fn check(town: &mut Town) -> Result<(), String> {
    stock_is_conserved(town).await?;
    let carried = drivers_carry_one_order_each(town).await?;
    let kitchen = Kitchen::look(town).await?;
    let mut live = Vec::new();
    for id in std::mem::take(&mut town.live) {
        let order = town.read("order", &id, "get").await;
        let version = order["version"].as_u64().unwrap_or_default();
        let known = town.courses.get(&id).filter(|(at, _)| *at == version);
        let by_hand = match known {
            Some((_, by_hand)) => *by_hand,
            None => {
                let by_hand = moves_are_legal(town, &id).await?;
                town.courses.insert(id.clone(), (version, by_hand));
                by_hand
            }
        };
        driver_and_order_agree(&order, &carried)?;
        kitchen.agrees(&order, by_hand)?;
        // What has ended cannot change any more; that it does not is another rule.
        if !is_over(&order) {
            live.push(id);
        }
    }
    kitchen.knows_only(&live)?;
    drivers_know_only(&carried, &live)?;
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
    for driver in crate::simulated_day::DRIVERS {
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

/// Where the kitchen and its chefs say that orders are.
#[derive(Default)]
struct Kitchen {
    queued: Vec<String>,
    /// Order to chef and stage, by the chefs' word.
    cooked: BTreeMap<String, (String, String)>,
    /// Order to chef, by the kitchen's word.
    stations: BTreeMap<String, String>,
}

impl Kitchen {
    async fn look(town: &Town) -> Result<Self, String> {
        let mut kitchen = Self::default();
        for chef in crate::simulated_day::CHEFS {
            let key = format!("napoli.{chef}");
            let task = town.read("chef", &key, "get").await["task"].clone();
            if let Some(order) = task["orderId"].as_str() {
                let stage = task["stage"].as_str().unwrap_or_default().to_owned();
                let taken = (key.clone(), stage);
                if let Some((other, _)) = kitchen.cooked.insert(order.to_owned(), taken) {
                    return Err(format!("{order} is cooked by {key} and {other}"));
                }
            }
        }
        let display = town.read("kitchen", "napoli", "display").await;
        for station in display["stations"].as_array().into_iter().flatten() {
            if let (Some(order), Some(chef)) =
                (station["orderId"].as_str(), station["chefId"].as_str())
                && let Some(other) = kitchen.stations.insert(order.to_owned(), chef.to_owned())
            {
                return Err(format!("{order} is shown at {chef} and {other}"));
            }
        }
        let cooks = kitchen.cooked.iter();
        let cooks: BTreeMap<_, _> = cooks
            .map(|(o, (chef, _))| (o.clone(), chef.clone()))
            .collect();
        if cooks != kitchen.stations {
            let shown = &kitchen.stations;
            return Err(format!("chefs have {cooks:?}, the kitchen shows {shown:?}"));
        }
        kitchen.queued = town.queue().await;
        let pending = display["status"]["pending"].as_u64();
        if pending != Some(kitchen.queued.len() as u64) {
            let queue = &kitchen.queued;
            return Err(format!("{pending:?} are pending, and queued are {queue:?}"));
        }
        Ok(kitchen)
    }

    /// An order is where it says that it is, and nowhere else.
    fn agrees(&self, order: &Value, by_hand: bool) -> Result<(), String> {
        let id = order["orderId"].as_str().unwrap_or_default();
        let queued = self.queued.iter().filter(|queued| *queued == id).count();
        let stage = self.cooked.get(id).map(|(_, stage)| &**stage);
        let status = order["status"].as_str().unwrap_or_default();
        let right = match (status, queued, stage) {
            ("created", 1, None) => true,
            ("preparing", 0, Some("preparing")) | ("preparing", 1, None) => {
                !by_hand || order["late"] == true
            }
            ("preparing", 0, None) => by_hand,
            ("baking", 0, Some("baking") | None) => true,
            ("created" | "preparing" | "baking", _, _) => false,
            (_, queued, stage) => queued == 0 && stage.is_none(),
        };
        if right {
            return Ok(());
        }
        Err(format!(
            "{id} is {status} (by hand: {by_hand}), {queued} times in the queue, with a chef: {stage:?}"
        ))
    }

    fn knows_only(&self, live: &[String]) -> Result<(), String> {
        let mut known = self.queued.iter().chain(self.cooked.keys());
        match known.find(|id| !live.contains(id)) {
            Some(id) => Err(format!("{id} has ended, and the kitchen has it")),
            None => Ok(()),
        }
    }
}

/// Whether somebody took it by hand, so that it is none of the chefs'.
async fn moves_are_legal(town: &Town, id: &str) -> Result<bool, String> {
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
    let last = steps.last().ok_or("no step")?;
    Ok(last["from"] == "created" && last["by"].is_null())
}

/// Anybody who carries an order was given it, and the other way round.
fn driver_and_order_agree(order: &Value, carried: &BTreeMap<String, String>) -> Result<(), String> {
    let id = order["orderId"].as_str().unwrap_or_default();
    let on_the_way = order["status"] == "ready" || order["status"] == "outForDelivery";
    let driver = order["driverId"].as_str().filter(|_| on_the_way);
    let carrier = carried.get(id).map(|carrier| &**carrier);
    if driver == carrier {
        return Ok(());
    }
    Err(format!(
        "{id} is given to {driver:?} and carried by {carrier:?}"
    ))
}

fn drivers_know_only(carried: &BTreeMap<String, String>, live: &[String]) -> Result<(), String> {
    match carried.iter().find(|(id, _)| !live.contains(id)) {
        Some((id, driver)) => Err(format!("{id} has ended, and {driver} carries it")),
        None => Ok(()),
    }
}
