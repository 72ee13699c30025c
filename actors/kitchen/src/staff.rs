//! Chefs come, cook, fail and go.

use silo_sdk::context;

use crate::advice::Advice;
use crate::bindings::clients::ChefClient;
use crate::bindings::types::{FreeChef, Refusal, Ticket, Violation};
use crate::chef::Chef;
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
        self.assign();
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
                self.note("chef-off-shift".to_owned(), message);
            }
        }
        self.assign();
    }

    /// Takes the chef's ticket, if it is for this order.
    pub(crate) fn take_from(&mut self, chef_id: &str, order_id: &str) -> Option<Ticket> {
        let chef = self.chefs.get_mut(chef_id)?;
        let ticket = chef.ticket.take_if(|ticket| ticket.order_id == order_id)?;
        chef.since = None;
        chef.ready_at = None;
        Some(ticket)
    }

    pub(crate) fn cook_of(&self, order_id: &str) -> Option<String> {
        let holds = |ticket: &Ticket| ticket.order_id == order_id;
        let mut chefs = self.chefs.iter();
        let (chef_id, _) = chefs.find(|(_, chef)| chef.ticket.as_ref().is_some_and(holds))?;
        Some(chef_id.clone())
    }

    /// Gives what waits to the chefs who are free. Unless a plugin has better advice, that is first
    /// come, first served, and the least loaded chef.
    pub(crate) fn assign(&mut self) {
        // After each event of a batch: so it has to cost nothing while all are busy.
        if self.queue.waiting == 0 || !self.chefs.values().any(Chef::is_available) {
            return;
        }
        let kitchen_id = context::key();
        let mut advice = None;
        loop {
            let free = self.free_chefs();
            if free.is_empty() || self.queue.waiting == 0 {
                break;
            }
            let advice = advice.get_or_insert_with(|| Advice::begin(&mut self.trust));
            let Some(ticket) = self.next_ticket(advice) else {
                break;
            };
            // The answer is checked against the free chefs, so it is always one of them.
            let chef_id = advice.choose_chef(&ticket, &free);
            let cooking_ms = advice.estimate_cooking(&ticket);
            // A message: a chef who cannot take the order gives it back.
            ChefClient::of(&chef_id).send_assign(&kitchen_id, &ticket.order_id, ticket.remakes);
            if let Some(chef) = self.chefs.get_mut(&chef_id) {
                let now = context::now_ms();
                chef.ticket = Some(ticket);
                chef.since = Some(now);
                chef.ready_at = cooking_ms.map(|ms| now.saturating_add(ms));
            }
        }
        if let Some(advice) = advice {
            advice.end(&mut self.trust);
        }
    }

    /// The next ticket by the plugin's advice. An order that has been passed by so often is
    /// not passed by again, whatever the plugin says: nobody waits for ever.
    fn next_ticket(&mut self, advice: &mut Advice) -> Option<Ticket> {
        let first = self.queue.first()?;
        while self.passed_by < PASSED_BY_MAX
            && let Some(order_id) = advice.next_order()
        {
            // It may have been taken in its own order meanwhile.
            if let Some(ticket) = self.queue.take(&order_id) {
                self.passed_by = if order_id == first {
                    0
                } else {
                    self.passed_by + 1
                };
                return Some(ticket);
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
fn full_id(chef_id: &str) -> Result<String, Refusal> {
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
