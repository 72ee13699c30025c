//! Stock arithmetic. Whatever happens, `supplied = on hand + reserved + consumed + wasted`
//! for each ingredient, and nothing is ever negative.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bindings::types::{Amount, StockLine};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    #[serde(rename = "h")]
    pub on_hand: u32,
    #[serde(rename = "r")]
    pub reserved: u32,
    #[serde(rename = "c")]
    pub consumed: u64,
    #[serde(rename = "w")]
    pub wasted: u64,
    #[serde(rename = "s")]
    pub supplied: u64,
    #[serde(rename = "t")]
    pub threshold: u32,
    /// Whether an alert has gone out since it fell below the threshold.
    #[serde(rename = "l", default)]
    pub low: bool,
    /// The level below which it is ordered; 0 while nothing is to be ordered.
    #[serde(rename = "o", default, skip_serializing_if = "is_zero")]
    pub armed: u32,
    /// How much suppliers were ever asked for.
    #[serde(rename = "d", default, skip_serializing_if = "is_zero")]
    pub ordered: u64,
}

/// Whether a number is left out: it then takes no place in a state that every order reads and
/// writes.
fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    #[serde(rename = "l")]
    pub lines: BTreeMap<String, Line>,
}

impl Ledger {
    /// What is lacking to take all of `amounts`; empty when it can be taken.
    #[must_use]
    pub fn missing(&self, amounts: &[Amount]) -> Vec<Amount> {
        let lacking = amounts.iter().filter_map(|amount| {
            let on_hand = self
                .lines
                .get(&amount.ingredient)
                .map_or(0, |line| line.on_hand);
            let quantity = amount.quantity.saturating_sub(on_hand);
            let ingredient = amount.ingredient.clone();
            (quantity > 0).then_some(Amount {
                ingredient,
                quantity,
            })
        });
        lacking.collect()
    }

    /// For how many times `amounts` there is enough on hand. What takes nothing is not counted.
    #[must_use]
    pub fn enough_for(&self, amounts: &[Amount]) -> u32 {
        // A recipe may name an ingredient twice, which then is what it takes of it.
        let mut needed: BTreeMap<&str, u64> = BTreeMap::new();
        for amount in amounts {
            *needed.entry(&amount.ingredient).or_default() += u64::from(amount.quantity);
        }
        let on_hand = |name: &str| self.lines.get(name).map_or(0, |line| line.on_hand);
        let needed = needed.into_iter().filter(|(_, quantity)| *quantity > 0);
        let times = needed.map(|(name, quantity)| u64::from(on_hand(name)) / quantity);
        let fewest = times.min().unwrap_or(0);
        u32::try_from(fewest).unwrap_or(u32::MAX)
    }

    /// Moves amounts from on hand to reserved: all of them, or none when something is missing.
    pub fn reserve(&mut self, amounts: &[Amount]) -> bool {
        // Looked at whole before anything is taken, so that half a pizza is never reserved.
        if !self.missing(amounts).is_empty() {
            return false;
        }
        self.each(amounts, |line, quantity| {
            line.on_hand -= quantity;
            line.reserved += quantity;
        });
        true
    }

    /// Moves amounts from reserved back to on hand.
    pub fn release(&mut self, amounts: &[Amount]) {
        self.each(amounts, |line, quantity| {
            // Never below zero, also if a message came twice.
            let back = quantity.min(line.reserved);
            line.reserved -= back;
            line.on_hand += back;
        });
    }

    /// Moves amounts from reserved to consumed.
    pub fn consume(&mut self, amounts: &[Amount]) {
        self.each(amounts, |line, quantity| {
            let used = quantity.min(line.reserved);
            line.reserved -= used;
            line.consumed += u64::from(used);
        });
    }

    /// Moves amounts from consumed to wasted.
    pub fn waste(&mut self, amounts: &[Amount]) {
        self.each(amounts, |line, quantity| {
            let lost = u64::from(quantity).min(line.consumed);
            line.consumed -= lost;
            line.wasted += lost;
        });
    }

    /// Adds a delivery to what is on hand. False, and nothing changed, when an ingredient would
    /// overflow.
    pub fn restock(&mut self, amounts: &[Amount]) -> bool {
        let fits = |amount: &Amount| {
            let line = self.lines.get(&amount.ingredient);
            // What is reserved may come back, and must fit then as well.
            let (on_hand, reserved) = line.map_or((0, 0), |line| (line.on_hand, line.reserved));
            let total = u64::from(on_hand) + u64::from(reserved) + u64::from(amount.quantity);
            total <= u64::from(u32::MAX)
        };
        // A delivery is booked whole, or not at all.
        if !amounts.iter().all(fits) {
            return false;
        }
        for amount in amounts {
            let line = self.lines.entry(amount.ingredient.clone()).or_default();
            line.on_hand += amount.quantity;
            line.supplied += u64::from(amount.quantity);
            line.low = line.low && line.on_hand < line.threshold;
        }
        true
    }

    /// Ingredients that have just fallen below their threshold; each is told once.
    pub fn newly_low(&mut self) -> Vec<Amount> {
        let mut low = Vec::new();
        for (ingredient, line) in &mut self.lines {
            if line.on_hand < line.threshold && !line.low {
                line.low = true;
                let (ingredient, quantity) = (ingredient.clone(), line.on_hand);
                low.push(Amount {
                    ingredient,
                    quantity,
                });
            }
        }
        low
    }

    #[must_use]
    pub fn view(&self) -> Vec<StockLine> {
        let line = |(ingredient, line): (&String, &Line)| StockLine {
            ingredient: ingredient.clone(),
            on_hand: line.on_hand,
            reserved: line.reserved,
            consumed: line.consumed,
            wasted: line.wasted,
            supplied: line.supplied,
            threshold: line.threshold,
            rule: None,
        };
        self.lines.iter().map(line).collect()
    }

    fn each(&mut self, amounts: &[Amount], change: impl Fn(&mut Line, u32)) {
        for amount in amounts {
            if let Some(line) = self.lines.get_mut(&amount.ingredient) {
                change(line, amount.quantity);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(quantity: u32) -> Vec<Amount> {
        ["dough", "tomato"]
            .map(|name| Amount {
                ingredient: name.to_owned(),
                quantity,
            })
            .to_vec()
    }

    fn assert_conserved(ledger: &Ledger, step: u32) {
        for (name, line) in &ledger.lines {
            let sum =
                u64::from(line.on_hand) + u64::from(line.reserved) + line.consumed + line.wasted;
            assert_eq!(line.supplied, sum, "{name} after step {step}: {line:?}");
        }
    }

    #[test]
    fn stock_is_conserved_on_a_random_walk() {
        let mut ledger = Ledger::default();
        // A linear congruential generator is random enough to mix the steps.
        let mut seed = 17_u64;
        let mut reserved = 0;
        for step in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let quantity = u32::try_from((seed >> 40) % 7).expect("below 7");
            let amounts = amounts(quantity);
            match (seed >> 33) % 5 {
                0 => assert!(ledger.restock(&amounts)),
                1 => reserved += u32::from(ledger.reserve(&amounts)),
                2 => ledger.release(&amounts),
                3 => ledger.consume(&amounts),
                _ => ledger.waste(&amounts),
            }
            assert_conserved(&ledger, step);
        }
        assert!(reserved > 100, "the walk reserved only {reserved} times");
    }

    #[test]
    fn a_reservation_takes_all_or_nothing() {
        let mut ledger = Ledger::default();
        assert!(ledger.restock(&amounts(3)[..1]));
        let before = ledger.clone().view();
        assert!(!ledger.reserve(&amounts(2)));
        assert_eq!(ledger.view(), before);
        assert_eq!(ledger.missing(&amounts(2))[0].ingredient, "tomato");
    }

    #[test]
    fn low_stock_is_told_once_a_crossing() {
        let mut ledger = Ledger::default();
        assert!(ledger.restock(&amounts(5)));
        for line in ledger.lines.values_mut() {
            line.threshold = 4;
        }
        assert!(ledger.newly_low().is_empty());
        assert!(ledger.reserve(&amounts(2)));
        assert_eq!(ledger.newly_low().len(), 2);
        assert!(ledger.newly_low().is_empty());
        assert!(ledger.restock(&amounts(2)) && ledger.reserve(&amounts(2)));
        assert_eq!(ledger.newly_low().len(), 2);
    }

    #[test]
    fn stock_does_not_overflow() {
        let mut ledger = Ledger::default();
        assert!(ledger.restock(&amounts(u32::MAX)));
        assert!(!ledger.restock(&amounts(1)));
    }
}
