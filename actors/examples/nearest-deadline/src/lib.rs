//! A plugin for kitchens: what must be begun soonest to be in time goes first. A large order
//! must be begun before a small one that was promised for the same moment, and it goes to
//! the chef with the most orders behind them.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use kitchen_plugin::{FreeChef, Rules, WaitingOrder};

const START_MS: u64 = 240_000;
const PIZZA_MS: u64 = 120_000;
/// From this many pizzas on, an order is one for a practised hand.
const LARGE: u64 = 6;

pub struct NearestDeadline;

kitchen_plugin::export!(NearestDeadline);

impl Rules for NearestDeadline {
    fn order_queue(_now: u64, mut queue: Vec<WaitingOrder>) -> Vec<String> {
        queue.sort_by_key(latest_start_ms);
        queue.into_iter().map(|order| order.order_id).collect()
    }

    fn estimate_cooking(order: WaitingOrder) -> Option<u64> {
        Some(cooking_ms(&order))
    }

    fn choose_chef(order: WaitingOrder, chefs: Vec<FreeChef>) -> Option<String> {
        if pizzas(&order) < LARGE {
            return None;
        }
        let practised = chefs.into_iter().max_by_key(|chef| chef.cooked);
        practised.map(|chef| chef.chef_id)
    }
}

fn pizzas(order: &WaitingOrder) -> u64 {
    order.dishes.iter().map(|d| u64::from(d.quantity)).sum()
}

fn cooking_ms(order: &WaitingOrder) -> u64 {
    START_MS.saturating_add(pizzas(order).saturating_mul(PIZZA_MS))
}

/// Whose order was burned has waited long enough.
fn latest_start_ms(order: &WaitingOrder) -> u64 {
    match order.remakes {
        0 => order.promised_at.saturating_sub(cooking_ms(order)),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use kitchen_plugin::Dish;

    use super::*;

    const MINUTE: u64 = 60_000;

    fn order(order_id: &str, quantity: u32, promised_at: u64) -> WaitingOrder {
        WaitingOrder {
            order_id: order_id.into(),
            dishes: vec![Dish {
                pizza_type: "Margherita".into(),
                quantity,
            }],
            received_at: 0,
            promised_at,
            remakes: 0,
        }
    }

    fn chefs() -> Vec<FreeChef> {
        let chef = |(chef_id, cooked): (&str, u64)| FreeChef {
            chef_id: chef_id.into(),
            cooked,
        };
        [("new", 0), ("old hand", 70), ("apprentice", 3)]
            .map(chef)
            .into()
    }

    #[test]
    fn what_must_be_begun_soonest_goes_first() {
        let mut burned = order("burned", 1, 90 * MINUTE);
        burned.remakes = 1;
        let queue = vec![
            order("small", 1, 45 * MINUTE),
            order("feast", 9, 50 * MINUTE),
            order("later", 1, 60 * MINUTE),
            burned,
        ];
        let expected = ["burned", "feast", "small", "later"];
        assert_eq!(NearestDeadline::order_queue(0, queue), expected);
    }

    #[test]
    fn a_large_order_is_for_a_practised_hand() {
        let choose = |quantity| NearestDeadline::choose_chef(order("a", quantity, 0), chefs());
        assert_eq!(choose(1), None);
        assert_eq!(choose(6).as_deref(), Some("old hand"));
    }

    #[test]
    fn more_pizzas_take_longer() {
        let estimate = |quantity| NearestDeadline::estimate_cooking(order("a", quantity, 0));
        assert_eq!(estimate(1), Some(6 * MINUTE));
        assert_eq!(estimate(9), Some(22 * MINUTE));
    }
}
