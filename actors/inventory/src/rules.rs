//! When an ingredient is ordered by itself. The ledger has the level that is looked at in
//! every turn (`armed`), and the table what is only needed when it is crossed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::{CallError, config, context, reminders};

use crate::bindings::clients::SupplierClient;
use crate::bindings::types::{Amount, Refusal, Rule, RuleState, StockLine, Violation};
use crate::orders;
use crate::state::Inventory;

/// The rules, by ingredient.
pub(crate) const RULES: Table<Row> = Table::new("u");
/// The name of the reminder that looks for what may be ordered again.
pub(crate) const AGAIN: &str = "order-again";

/// How long a rule rests after the first failure, in milliseconds; twice as long after each further
/// one, up to [`REST_MS_MAX`].
const REST_MS: u64 = 60_000;
const REST_MS_MAX: u64 = 3_600_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    #[serde(rename = "b")]
    order_below: u32,
    #[serde(rename = "u")]
    pub(crate) up_to: u32,
    #[serde(rename = "s")]
    pub(crate) supplier_id: String,
    #[serde(rename = "a")]
    pub(crate) ask_first: bool,
    #[serde(rename = "o")]
    on: bool,
    /// The number of the order that is under way.
    #[serde(rename = "n", default)]
    pub(crate) order: Option<u64>,
    #[serde(rename = "f", default)]
    failures: u32,
    /// When it may be ordered again, in milliseconds since 1970; 0 when nothing has to be waited
    /// for.
    #[serde(rename = "t", default)]
    not_before: u64,
    /// Whether it rests because the last order was cancelled.
    #[serde(rename = "r", default)]
    rests: bool,
}

impl Row {
    /// The level below which to order now; 0 while nothing is to be ordered.
    fn level(&self) -> u32 {
        let free = self.on && self.order.is_none() && !self.rests && self.not_before == 0;
        if free { self.order_below } else { 0 }
    }

    pub(crate) fn came(&mut self) {
        self.order = None;
        (self.failures, self.not_before) = (0, 0);
    }

    pub(crate) fn failed(&mut self) {
        self.order = None;
        self.failures = self.failures.saturating_add(1);
        self.not_before = context::now_ms() + self.rest_ms();
    }

    fn rest_ms(&self) -> u64 {
        let speed: u64 = config::parse_or("speed", 1);
        // At most 2^10 times as long, so that the shift cannot overflow.
        let doubled = REST_MS << self.failures.saturating_sub(1).min(10);
        let rest_ms = doubled.min(REST_MS_MAX) / speed.max(1);
        rest_ms.max(1)
    }

    /// What is left of its rest. One that would last longer than it was begun for was begun
    /// before the date was set back, and nobody waits for that.
    fn left_ms(&self) -> u64 {
        let left_ms = self.not_before.saturating_sub(context::now_ms());
        if left_ms > self.rest_ms() { 0 } else { left_ms }
    }

    pub(crate) fn was_cancelled(&mut self) {
        self.order = None;
        self.rests = true;
    }
}

/// Sets the rules of these ingredients.
///
/// # Errors
/// When a rule contradicts itself, or there is no such ingredient or supplier.
pub(crate) fn set_rules(
    inventory: &mut Inventory,
    rules: Vec<Rule>,
) -> Result<Vec<StockLine>, Refusal> {
    let violations = violations(&rules);
    if !violations.is_empty() {
        return Err(Refusal::Invalid(violations));
    }
    let strangers = strangers(&rules);
    if !strangers.is_empty() {
        return Err(Refusal::Invalid(strangers));
    }
    for rule in rules {
        if !inventory.ledger.lines.contains_key(&rule.ingredient) {
            let message = format!("there is no {:?} here", rule.ingredient);
            return Err(Refusal::NotFound(message));
        }
        let before = RULES.get(&rule.ingredient);
        let row = Row {
            order_below: rule.order_below,
            up_to: rule.up_to,
            supplier_id: rule.supplier_id,
            ask_first: rule.ask_first.unwrap_or(false),
            on: rule.on.unwrap_or(true),
            // What is under way stays so; what failed may be tried again at once.
            order: before.and_then(|before| before.order),
            failures: 0,
            not_before: 0,
            rests: false,
        };
        inventory.keep_rule(&rule.ingredient, &row);
    }
    inventory.order_what_is_low();
    Ok(inventory.stock_lines())
}

impl Inventory {
    pub(crate) fn keep_rule(&mut self, ingredient: &str, row: &Row) {
        RULES.insert(ingredient, row);
        if let Some(line) = self.ledger.lines.get_mut(ingredient) {
            line.armed = row.level();
        }
    }

    /// Has rules that rest after a cancelled order go on when there is enough again.
    pub(crate) fn wake_rules(&mut self, amounts: &[Amount]) {
        for amount in amounts {
            let row = RULES.get(&amount.ingredient).filter(|row| row.rests);
            let line = self.ledger.lines.get(&amount.ingredient);
            if let (Some(mut row), Some(line)) = (row, line)
                && line.on_hand >= row.order_below
            {
                row.rests = false;
                self.keep_rule(&amount.ingredient, &row);
            }
        }
    }

    /// Ends the rest of all rules whose last order was cancelled: a new day is a new chance.
    pub(crate) fn wake_all_rules(&mut self) {
        for (ingredient, mut row) in self.sleeping() {
            if row.rests {
                row.rests = false;
                self.keep_rule(&ingredient, &row);
            }
        }
    }

    /// Orders again what has rested long enough after a failure.
    pub(crate) fn order_again(&mut self) {
        for (ingredient, mut row) in self.sleeping() {
            if row.not_before > 0 && row.left_ms() == 0 {
                row.not_before = 0;
                self.keep_rule(&ingredient, &row);
            }
        }
        self.order_what_is_low();
        self.remind();
    }

    /// Sets the reminder for the earliest time at which something may be ordered again.
    pub(crate) fn remind(&self) {
        let sleeping = self.sleeping();
        let resting = sleeping.iter().filter(|(_, row)| row.not_before > 0);
        if let Some(least_ms) = resting.map(|(_, row)| row.left_ms()).min() {
            reminders::set(AGAIN, Duration::from_millis(least_ms.max(1)));
        }
    }

    /// The rules by which nothing is ordered now.
    fn sleeping(&self) -> Vec<(String, Row)> {
        let lines = self.ledger.lines.iter().filter(|(_, line)| line.armed == 0);
        let rule = |(name, _): (&String, _)| Some((name.clone(), RULES.get(name)?));
        lines.filter_map(rule).collect()
    }

    /// The ledger's lines with their rules.
    pub(crate) fn stock_lines(&self) -> Vec<StockLine> {
        let mut lines = self.ledger.view();
        for line in &mut lines {
            line.rule = RULES.get(&line.ingredient).map(view);
        }
        lines
    }
}

fn view(row: Row) -> RuleState {
    RuleState {
        order_below: row.order_below,
        up_to: row.up_to,
        supplier_id: row.supplier_id,
        ask_first: row.ask_first,
        on: row.on,
        order_id: row.order.map(orders::id),
        failures: row.failures,
        not_before: (row.not_before > 0).then_some(row.not_before),
        rests: row.rests,
    }
}

/// Rules that name a supplier who was never set up: what is ordered there is proposed and never comes.
fn strangers(rules: &[Rule]) -> Vec<Violation> {
    let mut asked: BTreeMap<&str, bool> = BTreeMap::new();
    let mut found = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let supplier = &*rule.supplier_id;
        let is_there = *asked.entry(supplier).or_insert_with(|| {
            // One who gives no answer at the moment may be there.
            let told = SupplierClient::of(supplier).get();
            !matches!(told, Err(CallError::Refused(Refusal::NotFound(_))))
        });
        if !is_there {
            found.push(Violation {
                pointer: format!("/rules/{at}/supplierId"),
                message: format!("there is no supplier {supplier:?}"),
            });
        }
    }
    found
}

fn violations(rules: &[Rule]) -> Vec<Violation> {
    let rules = rules.iter().enumerate();
    let upside_down = rules.filter(|(_, rule)| rule.up_to < rule.order_below);
    let violation = |(at, rule): (usize, &Rule)| Violation {
        pointer: format!("/rules/{at}/upTo"),
        message: format!(
            "takes no less than orderBelow, which is {}",
            rule.order_below
        ),
    };
    upside_down.map(violation).collect()
}
