//! Ingredients ordered from suppliers. This inventory is the one that says what is under way:
//! the order, the note that it is, and the message to the supplier are one commit.

use silo_sdk::{CallError, context, log};

use crate::alerts;
use crate::bindings::clients::SupplierClient;
use crate::bindings::types::{
    Amount, Arrival, Conflict, Refusal, SupplyNews, SupplyOrder, SupplyState,
};
use crate::orders::{self, Row};
use crate::refusal::conflict;
use crate::rules::{self, RULES};
use crate::state::Inventory;

/// The most orders that one turn makes: a turn may send only so many messages.
const ORDERS_A_TURN_MAX: usize = 100;
/// A supplier who has said nothing for so long, in milliseconds, is asked again.
const UNHEARD_MS: u64 = 3_600_000;

/// Makes an order that waits for the manager's yes.
///
/// # Errors
/// When there is no such order, or it is past being confirmed.
pub(crate) fn confirm_order(
    inventory: &mut Inventory,
    order_id: &str,
) -> Result<SupplyOrder, Refusal> {
    let mut row = orders::find(order_id)?;
    match row.state {
        SupplyState::Proposed => {
            row.updated_at = context::now_ms();
            alerts::decided_order(order_id);
            Ok(inventory.send(row, Some(SupplyState::Proposed)).view())
        }
        // It was confirmed before, and a second yes changes nothing.
        SupplyState::Ordered | SupplyState::Accepted => Ok(row.view()),
        state => Err(no_way(&row, state, "ordered")),
    }
}

/// Cancels an order. Only the supplier knows whether it is too late.
///
/// # Errors
/// When there is no such order, the supplier says that it is too late, or says nothing.
pub(crate) fn cancel_order(
    inventory: &mut Inventory,
    order_id: &str,
) -> Result<SupplyOrder, Refusal> {
    let row = orders::find(order_id)?;
    match row.state {
        SupplyState::Cancelled => return Ok(row.view()),
        SupplyState::Proposed => alerts::decided_order(order_id),
        SupplyState::Ordered | SupplyState::Accepted => {
            let supplier = SupplierClient::of(&row.supplier_id);
            match supplier.cancel(&context::key(), order_id) {
                Ok(()) => {}
                Err(CallError::Refused(refusal)) => return Err(refusal),
                Err(CallError::Call(failure)) => {
                    log::warn!("{order_id} cannot be cancelled yet: {failure:?}");
                    let supplier = &row.supplier_id;
                    let message = format!("{supplier} gives no answer; try again later");
                    return Err(conflict(message));
                }
            }
        }
        state => return Err(no_way(&row, state, "cancelled")),
    }
    Ok(inventory.cancelled(row).view())
}

/// Takes news of an order from its supplier, and from nobody else.
///
/// # Errors
/// When there is no such order, or somebody else tells of it.
pub(crate) fn supply(
    inventory: &mut Inventory,
    order_id: &str,
    news: SupplyNews,
) -> Result<(), Refusal> {
    let mut row = orders::find(order_id)?;
    let supplier = context::caller().filter(|caller| caller.actor_type == "supplier");
    if supplier.is_none_or(|supplier| supplier.key != row.supplier_id) {
        let message = format!("only supplier/{} tells of {order_id}", row.supplier_id);
        return Err(conflict(message));
    }
    if let SupplyNews::Delivered(delivery) = news {
        return inventory.take_delivery(row, &delivery);
    }
    // What has ended stays so: news may be late.
    if orders::is_end(row.state) {
        return Ok(());
    }
    let before = row.state;
    match news {
        SupplyNews::Accepted(accepted) if before == SupplyState::Ordered => {
            row.state = SupplyState::Accepted;
            row.unit_price_cents = Some(accepted.unit_price_cents);
            row.due_at = Some(accepted.due_at);
        }
        // Partly delivered says more than shipped.
        SupplyNews::Shipped if before != SupplyState::PartlyDelivered => {
            row.state = SupplyState::Shipped;
        }
        SupplyNews::Failed(reason) => {
            inventory.has_failed(row, reason);
            return Ok(());
        }
        SupplyNews::Cancelled => {
            inventory.cancelled(row);
            return Ok(());
        }
        // Told before, or overtaken by what is newer.
        _ => return Ok(()),
    }
    row.updated_at = context::now_ms();
    inventory.keep_order(&row, Some(before));
    Ok(())
}

impl Inventory {
    pub(crate) fn order_what_is_low(&mut self) {
        let lines = self.ledger.lines.iter();
        let low = lines.filter(|(_, line)| line.on_hand < line.armed);
        let low: Vec<String> = low
            .map(|(name, _)| name.clone())
            .take(ORDERS_A_TURN_MAX)
            .collect();
        for ingredient in low {
            self.order_one(&ingredient);
        }
    }

    fn order_one(&mut self, ingredient: &str) {
        let Some(mut rule) = RULES.get(ingredient) else {
            return;
        };
        let on_hand = self
            .ledger
            .lines
            .get(ingredient)
            .map_or(0, |line| line.on_hand);
        let quantity = rule.up_to.saturating_sub(on_hand);
        if quantity == 0 {
            return;
        }
        let now = context::now_ms();
        let row = Row {
            number: self.number(),
            ingredient: ingredient.to_owned(),
            supplier_id: rule.supplier_id.clone(),
            quantity,
            delivered: 0,
            came: Vec::new(),
            state: SupplyState::Proposed,
            unit_price_cents: None,
            created_at: now,
            updated_at: now,
            due_at: None,
            reason: None,
        };
        rule.order = Some(row.number);
        // The note that something is under way is in the same commit as the order: without it
        // the next turn would order again.
        if cfg!(not(feature = "forgetful")) {
            self.keep_rule(ingredient, &rule);
        }
        if rule.ask_first {
            self.keep_order(&row, None);
            alerts::proposed_order(&row.id(), quantity, ingredient);
        } else {
            self.send(row, None);
        }
    }

    fn number(&mut self) -> u64 {
        if cfg!(feature = "forgetful") {
            return context::random() >> 16;
        }
        self.orders_made += 1;
        self.orders_made
    }

    fn send(&mut self, mut row: Row, before: Option<SupplyState>) -> Row {
        row.state = SupplyState::Ordered;
        self.keep_order(&row, before);
        // Counted when it is asked for, whatever comes of it.
        if let Some(line) = self.ledger.lines.get_mut(&row.ingredient) {
            line.ordered += u64::from(row.quantity);
        }
        ask_for(&row);
        row
    }

    fn cancelled(&mut self, row: Row) -> Row {
        let why = "it was cancelled before it left".to_owned();
        let row = self.end(row, SupplyState::Cancelled, Some(why));
        self.settle_rule(&row, rules::Row::was_cancelled);
        row
    }

    fn end(&mut self, mut row: Row, state: SupplyState, reason: Option<String>) -> Row {
        let before = row.state;
        row.state = state;
        row.reason = reason;
        row.due_at = None;
        row.updated_at = context::now_ms();
        self.keep_order(&row, Some(before));
        row
    }

    /// Tells the rule of its order's end, if it still waits for it.
    fn settle_rule(&mut self, row: &Row, how: impl FnOnce(&mut rules::Row)) {
        let rule = RULES.get(&row.ingredient);
        let Some(mut rule) = rule.filter(|rule| rule.order == Some(row.number)) else {
            return;
        };
        how(&mut rule);
        self.keep_rule(&row.ingredient, &rule);
        self.order_what_is_low();
    }

    /// Books a delivery once by its number, also when the order has failed meanwhile: what has come
    /// is here. The rest of the order stays under way until the supplier says otherwise.
    fn take_delivery(&mut self, mut row: Row, delivery: &Arrival) -> Result<(), Refusal> {
        // A supplier who brings more than was ordered brings it for nothing.
        debug_assert!(
            row.delivered <= row.quantity,
            "no more is booked than was ordered"
        );
        let quantity = delivery.quantity.min(row.quantity - row.delivered);
        if row.came.contains(&delivery.number) || quantity == 0 {
            return Ok(());
        }
        let amounts = [Amount {
            ingredient: row.ingredient.clone(),
            quantity,
        }];
        if !self.ledger.restock(&amounts) {
            self.has_failed(row, "no store room holds that much".to_owned());
            return Ok(());
        }
        row.came.push(delivery.number);
        row.delivered += quantity;
        if row.delivered == row.quantity {
            // A failed order stays failed, even if all of it has come.
            if orders::is_end(row.state) {
                self.keep_order(&row, Some(row.state));
            } else {
                let row = self.end(row, SupplyState::Delivered, None);
                self.settle_rule(&row, rules::Row::came);
            }
        } else {
            let before = row.state;
            if !orders::is_end(before) {
                row.state = SupplyState::PartlyDelivered;
                row.due_at = delivery.next_at;
                row.updated_at = context::now_ms();
            }
            self.keep_order(&row, Some(before));
        }
        self.wake_rules(&amounts);
        self.order_what_is_low();
        Ok(())
    }

    fn has_failed(&mut self, row: Row, reason: String) {
        if orders::is_end(row.state) {
            return;
        }
        let row = self.end(row, SupplyState::Failed, Some(reason));
        self.settle_rule(&row, rules::Row::failed);
        self.remind();
        alerts::failed_order(&row.view());
    }

    /// Asks once a day for what no supplier has answered. A message may have come to nothing,
    /// however durable it is; the supplier does not take an order of this id twice.
    pub(crate) fn look_after_orders(&mut self) {
        self.wake_all_rules();
        for row in orders::unheard(UNHEARD_MS, 50) {
            ask_for(&row);
        }
    }
}

fn ask_for(row: &Row) {
    let supplier = SupplierClient::of(&row.supplier_id);
    supplier.send_order(&context::key(), &row.id(), &row.ingredient, row.quantity);
}

fn no_way(row: &Row, state: SupplyState, wanted: &str) -> Refusal {
    let state = orders::state_name(state);
    Refusal::Conflict(Conflict {
        message: format!("{} is {state} and cannot be {wanted}", row.id()),
        current: Some(state.to_owned()),
        wanted: Some(wanted.to_owned()),
        allowed: Vec::new(),
    })
}
