//! Chefs come, cook, fail and go.

use silo_sdk::context;

use crate::advice::Advice;
use crate::alerts;
use crate::bindings::clients::ChefClient;
use crate::bindings::types::{FreeChef, Refusal, Ticket, Violation};
use crate::card::Card;
use crate::chef::Chef;
use crate::screen::{Change, tell};
use crate::state::Kitchen;

/// So many failures within [`FAILURES_MS`] take a chef off shift.
const FAILURES_MAX: usize = 3;
/// How far back failures count, in milliseconds: ten minutes.
const FAILURES_MS: u64 = 600_000;
/// The most chefs of a kitchen: all of them are in its state.
const CHEFS_MAX: usize = 200;
/// How many orders may be cooked before the one that has waited longest.
pub(crate) const PASSED_BY_MAX: u32 = 20;

impl Kitchen {
    pub(crate) fn comes(&mut self, chef_id: &str) -> Result<(), Refusal> {
        let chef_id = full_id(chef_id)?;
        if !self.chefs.contains_key(&chef_id) && self.chefs.len() >= CHEFS_MAX {
            return Err(invalid(&format!(
                "a kitchen has room for {CHEFS_MAX} chefs"
            )));
        }
        let chef = self.chefs.entry(chef_id.clone()).or_default();
        chef.on_shift = true;
        // A chef who comes back begins with a clean sheet.
        chef.failures.clear();
        ChefClient::of(&chef_id).send_clock_in();
        self.tell_station(&chef_id);
        alerts::staff_changed();
        self.hand_out();
        Ok(())
    }

    pub(crate) fn goes(&mut self, chef_id: &str) -> Result<(), Refusal> {
        let chef_id = full_id(chef_id)?;
        let Some(chef) = self.chefs.get_mut(&chef_id) else {
            return Err(Refusal::NotFound(format!("{chef_id} does not work here")));
        };
        chef.on_shift = false;
        // What the chef has in hand comes back with the chef's own message.
        ChefClient::of(&chef_id).send_clock_out();
        self.tell_station(&chef_id);
        alerts::staff_changed();
        Ok(())
    }

    /// Counts a failure of a chef. Where the order is now, the order itself tells.
    pub(crate) fn failed(&mut self, chef_id: &str, reason: &str) {
        let now = context::now_ms();
        if let Some(chef) = self.chefs.get_mut(chef_id).filter(|chef| chef.on_shift) {
            // Those of the future go, too: the date has been set back since.
            chef.failures
                .retain(|at| *at <= now && at + FAILURES_MS > now);
            chef.failures.push(now);
            if chef.failures.len() >= FAILURES_MAX {
                chef.on_shift = false;
                ChefClient::of(chef_id).send_clock_out();
                let message =
                    format!("{chef_id} is off shift after {FAILURES_MAX} failures: {reason}");
                self.tell_station(chef_id);
                let source = format!("chef/{chef_id}");
                self.note("chef-off-shift".to_owned(), &message, Some(source));
            }
        }
        self.hand_out();
    }

    /// Takes the chef's ticket, if it is for this order.
    pub(crate) fn take_from(&mut self, chef_id: &str, order_id: &str) -> Option<Card> {
        let chef = self.chefs.get_mut(chef_id)?;
        let card = chef.ticket.take_if(|card| card.order_id == order_id)?;
        chef.since = None;
        chef.ready_at = None;
        self.tell_station(chef_id);
        Some(card)
    }

    pub(crate) fn cook_of(&self, order_id: &str) -> Option<String> {
        let holds = |card: &Card| card.order_id == order_id;
        let mut chefs = self.chefs.iter();
        let (chef_id, _) = chefs.find(|(_, chef)| chef.ticket.as_ref().is_some_and(holds))?;
        Some(chef_id.clone())
    }

    /// Gives what waits to the chefs who are free. Unless a plugin has better advice, that is first
    /// come, first served, and the least loaded chef.
    pub(crate) fn hand_out(&mut self) {
        // After each event of a batch: so it has to cost nothing while all are busy.
        if self.queue.waiting == 0 || !self.chefs.values().any(Chef::is_available) {
            return;
        }
        let mut advice = None;
        loop {
            let free = self.free_chefs();
            if free.is_empty() || self.queue.waiting == 0 {
                break;
            }
            let advice = advice.get_or_insert_with(|| Advice::begin(&mut self.trust));
            let Some(card) = self.next_card(advice) else {
                break;
            };
            // The answer is checked against the free chefs, so it is always one of them.
            let chef_id = advice.choose_chef(&card, &free);
            let cooking_ms = advice.estimate_cooking(&card);
            self.give(&chef_id, card, cooking_ms);
        }
        if let Some(advice) = advice {
            self.has_advised(advice);
        }
    }

    /// What is known of the plugin now, and what it would have made next.
    fn has_advised(&mut self, advice: Advice) {
        let line = advice.line();
        if advice.end(&mut self.trust)
            && let Some(plugin) = self.trust.view()
        {
            tell(Change::Plugin(&plugin));
        }
        if line != self.line {
            tell(Change::Queue(&line));
            self.line = line;
        }
    }

    /// Gives an order to a chef who is free.
    pub(crate) fn give(
        &mut self,
        chef_id: &str,
        mut card: Card,
        cooking_ms: Option<u64>,
    ) -> Ticket {
        let now = context::now_ms();
        // Here, because an order that was begun before does not say that it is begun again.
        card.begins(now);
        // A message: a chef who cannot take the order gives it back.
        let chef = ChefClient::of(chef_id);
        chef.send_assign(&context::key(), &card.order_id, card.remakes);
        let ticket = card.ticket(Some(chef_id), None);
        if let Some(chef) = self.chefs.get_mut(chef_id) {
            chef.ticket = Some(card);
            chef.since = Some(now);
            chef.ready_at = cooking_ms.map(|ms| now.saturating_add(ms));
        }
        tell(Change::Ticket(&ticket));
        self.tell_station(chef_id);
        ticket
    }

    /// The next ticket by the plugin's advice. An order that has been passed by so often is
    /// not passed by again, whatever the plugin says: nobody waits for ever.
    fn next_card(&mut self, advice: &mut Advice) -> Option<Card> {
        let first = self.queue.first()?;
        while self.passed_by < PASSED_BY_MAX
            && let Some(order_id) = advice.next_order()
        {
            // It may have been taken in its own order meanwhile.
            if let Some(card) = self.queue.take(&order_id) {
                self.passed_by = if order_id == first {
                    0
                } else {
                    self.passed_by + 1
                };
                return Some(card);
            }
        }
        self.passed_by = 0;
        self.queue.next()
    }

    /// Those who could begin at once, the one with the least orders behind them first.
    fn free_chefs(&self) -> Vec<FreeChef> {
        let free = self.chefs.iter().filter(|(_, chef)| chef.is_available());
        let free = free.map(|(chef_id, chef)| FreeChef {
            chef_id: chef_id.clone(),
            cooked: chef.cooked,
        });
        let mut free: Vec<_> = free.collect();
        // Stable: of two it is the one with the lower name.
        free.sort_by_key(|chef| chef.cooked);
        free
    }
}

/// `1` and `napoli.1` are the same chef of the kitchen `napoli`.
pub(crate) fn full_id(chef_id: &str) -> Result<String, Refusal> {
    let prefix = format!("{}.", context::key());
    let full = if chef_id.starts_with(&prefix) {
        chef_id.to_owned()
    } else {
        format!("{prefix}{chef_id}")
    };
    // Here, because the prefix has made it longer than what the contract has checked.
    if full.len() > 128 {
        let message = format!("{full} is longer than the 128 characters of a key");
        return Err(invalid(&message));
    }
    Ok(full)
}

fn invalid(message: &str) -> Refusal {
    Refusal::Invalid(vec![Violation {
        pointer: "/chefId".to_owned(),
        message: message.to_owned(),
    }])
}
