//! What the kitchen's plugin says, and what of it is believed. Whatever it is, each answer
//! is either usable or none: then the kitchen goes by its own rule, and after one failure it
//! does so for the rest of the turn.

use std::collections::{BTreeSet, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;
use silo_sdk::plugins::PluginFailure;
use silo_sdk::{context, plugins};

use crate::bindings::types::{Dish, FreeChef, WaitingOrder};
use crate::card::Card;
use crate::queue::Queue;
use crate::trust::Trust;

/// How many of the orders that have waited longest the plugin sees.
pub(crate) const WINDOW: u32 = 50;
/// The cooking times that are believed, in milliseconds: from a second to four hours.
const COOKING_MS: std::ops::RangeInclusive<u64> = 1_000..=4 * 3_600_000;

/// The advice of one turn.
pub(crate) struct Advice {
    /// What was known of the plugin before it was asked.
    before: Trust,
    asks: bool,
    has_answered: bool,
    failure: Option<String>,
    /// The orders still to be cooked, as the plugin advised; `None` before it was asked.
    line: Option<VecDeque<String>>,
}

#[derive(Serialize)]
struct Queued {
    now: u64,
    queue: Vec<WaitingOrder>,
}

#[derive(Serialize)]
struct Estimated {
    order: WaitingOrder,
}

#[derive(Serialize)]
struct Chosen<'a> {
    order: WaitingOrder,
    chefs: &'a [FreeChef],
}

impl Advice {
    pub(crate) fn begin(trust: &mut Trust) -> Self {
        let before = trust.clone();
        Self {
            before,
            asks: trust.is_asked(),
            has_answered: false,
            failure: None,
            line: None,
        }
    }

    /// The orders that the plugin would have made next, as far as it was asked and has said so.
    pub(crate) fn line(&self) -> Vec<String> {
        self.line.iter().flatten().cloned().collect()
    }

    /// What the kitchen has learned of its plugin, and whether that changes what it knew.
    pub(crate) fn end(self, trust: &mut Trust) -> bool {
        match self.failure {
            Some(why) => trust.failed(&why),
            None if self.has_answered => trust.did_well(),
            // A turn in which it was not asked says nothing of it.
            None => {}
        }
        *trust != self.before
    }

    /// The order to be cooked next; `None` leaves it to the kitchen.
    pub(crate) fn next_order(&mut self) -> Option<String> {
        if !self.asks {
            return None;
        }
        if self.line.is_none() {
            let queue = Queue::cards(WINDOW);
            // Of one order there is no other order.
            let line = if queue.len() > 1 {
                self.order_queue(&queue)
            } else {
                None
            };
            // Also where there is no advice, so that the plugin is asked once in a turn.
            self.line = Some(line.unwrap_or_default());
        }
        self.line.as_mut()?.pop_front()
    }

    fn order_queue(&mut self, queue: &[Card]) -> Option<VecDeque<String>> {
        let arguments = Queued {
            now: context::now_ms(),
            queue: queue.iter().map(waiting).collect(),
        };
        let line: Vec<String> = self.consult("order-queue", &arguments)?;
        let known: BTreeSet<&str> = queue.iter().map(|card| card.order_id.as_str()).collect();
        let mut named = BTreeSet::new();
        for order_id in &line {
            if !known.contains(order_id.as_str()) {
                return self.nonsense("order-queue names an order that does not wait");
            }
            if !named.insert(order_id.as_str()) {
                return self.nonsense("order-queue names an order twice");
            }
        }
        // Those that it left out keep their place, behind the others.
        let left_out = queue.iter().map(|card| &card.order_id);
        let left_out = left_out.filter(|id| !named.contains(id.as_str())).cloned();
        let left_out: Vec<String> = left_out.collect();
        Some(line.into_iter().chain(left_out).collect())
    }

    /// The chef for an order: one of `free`, which is not empty; its first is the kitchen's own
    /// choice.
    pub(crate) fn choose_chef(&mut self, card: &Card, free: &[FreeChef]) -> String {
        let own = || free.first().map(|c| c.chef_id.clone()).unwrap_or_default();
        if !self.asks || free.len() < 2 {
            return own();
        }
        let arguments = Chosen {
            order: waiting(card),
            chefs: free,
        };
        let chosen: Option<Option<String>> = self.consult("choose-chef", &arguments);
        let Some(Some(chosen)) = chosen else {
            return own();
        };
        if free.iter().any(|chef| chef.chef_id == chosen) {
            return chosen;
        }
        let _none: Option<()> = self.nonsense("choose-chef names somebody who is not free");
        own()
    }

    /// How long an order will cook, in milliseconds; `None` where the plugin does not say, for the
    /// kitchen itself ventures no guess.
    pub(crate) fn estimate_cooking(&mut self, card: &Card) -> Option<u64> {
        if !self.asks {
            return None;
        }
        let arguments = Estimated {
            order: waiting(card),
        };
        let estimate: Option<u64> = self.consult("estimate-cooking", &arguments)?;
        match estimate {
            Some(ms) if !COOKING_MS.contains(&ms) => {
                self.nonsense("estimate-cooking is not between a second and four hours")
            }
            estimate => estimate,
        }
    }

    fn consult<A: Serialize, R: DeserializeOwned>(
        &mut self,
        function: &str,
        arguments: &A,
    ) -> Option<R> {
        match plugins::consult(function, arguments) {
            Ok(answer) => {
                self.has_answered = true;
                Some(answer)
            }
            // It went away, or the host is busy: no fault of the plugin.
            Err(PluginFailure::Unbound | PluginFailure::Busy(_)) => {
                self.asks = false;
                None
            }
            Err(PluginFailure::Unfit(why) | PluginFailure::Failed(why)) => {
                self.nonsense(&format!("{function}: {why}"))
            }
        }
    }

    fn nonsense<T>(&mut self, why: &str) -> Option<T> {
        self.asks = false;
        self.failure = Some(why.to_owned());
        None
    }
}

fn waiting(card: &Card) -> WaitingOrder {
    let dishes = card.items.iter().map(|item| Dish {
        pizza_type: item.pizza_type.clone(),
        quantity: item.quantity,
    });
    WaitingOrder {
        order_id: card.order_id.clone(),
        dishes: dishes.collect(),
        received_at: card.received_at,
        promised_at: card.promised_at(),
        remakes: card.remakes,
    }
}
