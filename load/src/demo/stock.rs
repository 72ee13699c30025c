//! The books of all inventories: nothing may be made, lost, or used without an order.

use std::collections::BTreeMap;

use serde_json::Value;

use super::town::Town;
use crate::place_orders::{OrderRequest, PlacedOrder};
use crate::retrying_client::RetryingClient;

/// Something for each restaurant and ingredient.
type By<T> = BTreeMap<(String, String), T>;

/// The books of all inventories as they stood at one time.
pub(super) struct Stock(By<Line>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    supplied: u64,
    on_hand: u64,
    reserved: u64,
    consumed: u64,
    wasted: u64,
}

impl Line {
    /// Set aside for an order, or gone into one.
    fn used(&self) -> u64 {
        self.reserved + self.consumed + self.wasted
    }
}

impl Stock {
    pub(super) async fn read(client: &mut RetryingClient, town: &Town) -> anyhow::Result<Self> {
        let mut lines = By::new();
        for restaurant in &town.restaurants {
            let path = format!("/api/inventory/{}", restaurant.id);
            let stock = client.get(&path).await?.granted(&path)?;
            for line in stock["stock"].as_array().into_iter().flatten() {
                let ingredient = line["ingredient"].as_str().unwrap_or_default();
                let number = |name: &str| line[name].as_u64().unwrap_or_default();
                let found = Line {
                    supplied: number("supplied"),
                    on_hand: number("onHand"),
                    reserved: number("reserved"),
                    consumed: number("consumed"),
                    wasted: number("wasted"),
                };
                lines.insert((restaurant.id.clone(), ingredient.to_owned()), found);
            }
        }
        Ok(Self(lines))
    }

    pub(super) fn lines(&self) -> usize {
        self.0.len()
    }

    /// What does not add up since `before`, line by line, when `orders` took what they need.
    pub(super) fn errors(&self, before: &Self, orders: &By<u64>) -> Vec<String> {
        let mut errors = Vec::new();
        if !before.0.keys().eq(self.0.keys()) {
            errors.push("there are other ingredients than before".to_owned());
        }
        for (shelf, now) in &self.0 {
            let (restaurant, ingredient) = shelf;
            let mut wrong = |what: &str| {
                errors.push(format!("{ingredient} of {restaurant} {what}: {now:?}"));
            };
            // This holds of every line at any time, whoever else uses the restaurant.
            if now.supplied != now.on_hand + now.used() {
                wrong("does not add up");
            }
            let Some(before) = before.0.get(shelf) else {
                continue;
            };
            if now.supplied != before.supplied {
                wrong("was restocked by somebody");
            }
            let needed = orders.get(shelf).copied().unwrap_or_default();
            if now.used() != before.used() + needed {
                let used = before.used();
                wrong(&format!(
                    "went from {used} used by other than the {needed} ordered"
                ));
            }
        }
        errors
    }
}

/// What the orders that were made have taken; `remakes` of each by its id.
pub(super) fn needed(
    town: &Town,
    requests: &[OrderRequest],
    made: &[(&PlacedOrder, u64)],
) -> By<u64> {
    let mut needed = By::new();
    for (order, remakes) in made {
        let request = &requests[order.request];
        let restaurant = town.restaurants.iter().find(|r| r.id == request.restaurant);
        let menu = restaurant.into_iter().flat_map(|r| &r.menu);
        let mut recipes = menu.filter(|recipe| recipe["pizzaType"] == request.pizza.as_str());
        let lines = recipes
            .next()
            .and_then(|recipe| recipe["ingredients"].as_array());
        for line in lines.into_iter().flatten() {
            let ingredient = line["ingredient"].as_str().unwrap_or_default();
            let shelf = (request.restaurant.clone(), ingredient.to_owned());
            let amount = line["quantity"].as_u64().unwrap_or_default();
            let times = u64::from(request.quantity) * (1 + remakes);
            *needed.entry(shelf).or_default() += amount * times;
        }
    }
    needed
}

/// How often an order was burned and made again.
pub(super) fn remakes(order: &Value) -> u64 {
    order["remakes"].as_u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock(supplied: u64, on_hand: u64, reserved: u64, consumed: u64) -> Stock {
        let line = Line {
            supplied,
            on_hand,
            reserved,
            consumed,
            wasted: 0,
        };
        Stock([(shelf(), line)].into())
    }

    fn shelf() -> (String, String) {
        ("napoli".to_owned(), "dough".to_owned())
    }

    #[test]
    fn what_is_not_accounted_for_is_told() {
        let before = stock(100, 90, 4, 6);
        let ordered: By<u64> = [(shelf(), 5)].into();
        for (after, errors) in [
            (stock(100, 85, 0, 15), 0),
            // One dough vanished; one was made; one order used none; two restocked.
            (stock(100, 84, 0, 15), 1),
            (stock(100, 86, 0, 15), 1),
            (stock(100, 86, 0, 14), 1),
            (stock(102, 87, 0, 15), 1),
        ] {
            let found = after.errors(&before, &ordered);
            assert_eq!(found.len(), errors, "{found:?}");
        }
    }
}
