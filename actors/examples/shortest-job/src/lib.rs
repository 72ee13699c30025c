//! A plugin for kitchens: what is cooked soonest goes first, so that most customers wait
//! little. A large order waits longer for it; the kitchen sees to it that it is not for ever.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;

use kitchen_plugin::{FreeChef, Rules, WaitingOrder};

/// Stretching dough and firing the oven, whatever is ordered.
const START_MS: u64 = 240_000;
/// Each pizza; those of one order share the oven.
const PIZZA_MS: u64 = 120_000;

pub struct ShortestJob;

kitchen_plugin::export!(ShortestJob);

impl Rules for ShortestJob {
    fn order_queue(_now: u64, mut queue: Vec<WaitingOrder>) -> Vec<String> {
        // Stable: of two that are as short the one that came first stays first.
        queue.sort_by_key(cooking_ms);
        queue.into_iter().map(|order| order.order_id).collect()
    }

    fn estimate_cooking(order: WaitingOrder) -> Option<u64> {
        Some(cooking_ms(&order))
    }

    fn choose_chef(_order: WaitingOrder, _chefs: Vec<FreeChef>) -> Option<String> {
        None
    }
}

fn cooking_ms(order: &WaitingOrder) -> u64 {
    let pizzas = order.dishes.iter().map(|dish| u64::from(dish.quantity));
    START_MS.saturating_add(pizzas.sum::<u64>().saturating_mul(PIZZA_MS))
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use kitchen_plugin::Dish;

    use super::*;

    fn order(order_id: &str, quantities: &[u32]) -> WaitingOrder {
        let dish = |quantity: &u32| Dish {
            pizza_type: "Margherita".into(),
            quantity: *quantity,
        };
        WaitingOrder {
            order_id: order_id.into(),
            dishes: quantities.iter().map(dish).collect(),
            received_at: 0,
            promised_at: 0,
            remakes: 0,
        }
    }

    #[test]
    fn the_shortest_goes_first_and_of_equals_the_first() {
        let queue = vec![
            order("feast", &[9, 9]),
            order("one", &[1]),
            order("two", &[1, 1]),
            order("other", &[1]),
        ];
        let expected = ["one", "other", "two", "feast"];
        assert_eq!(ShortestJob::order_queue(0, queue), expected);
    }

    #[test]
    fn more_pizzas_take_longer() {
        let estimate = |quantities: &[u32]| ShortestJob::estimate_cooking(order("a", quantities));
        assert_eq!(estimate(&[1]), Some(360_000));
        assert_eq!(estimate(&[2, 1]), Some(600_000));
        assert!(estimate(&[u32::MAX; 50]) > estimate(&[99; 50]));
    }

    #[test]
    fn the_chef_is_left_to_the_kitchen() {
        let chefs = vec![FreeChef {
            chef_id: "napoli.1".into(),
            cooked: 0,
        }];
        assert_eq!(ShortestJob::choose_chef(order("a", &[1]), chefs), None);
    }
}
