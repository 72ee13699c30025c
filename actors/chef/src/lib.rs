//! A chef: on shift or not, and with at most one order in hand.
//!
//! - [`state`](crate::state): what is kept of the chef
//! - [`refusal`](crate::refusal): how the chef declines
//! - [`task`](crate::task): the clocks of the order in hand
//! - [`cook`](crate::cook): the stages of an order, by durable deadlines

use bindings::clients::OrderClient;
use bindings::types::{ChefState, CookStep, Refusal, Stage, Task};
use bindings::{chef, chef_queries, reminder_events, timer_events};
use silo_sdk::context;

mod cook;
mod refusal;
mod state;
mod task;

pub use state::Chef;

silo_sdk::actor! { state: Chef }
silo_sdk::manifest!({
    "calls": ["kitchen.*", "order.*"],
    "config": true,
    "timers": true,
    "reminders": true
});

#[silo_sdk::commands]
impl chef::Guest for Chef {
    fn clock_in(&mut self) -> Result<ChefState, Refusal> {
        self.on_shift = true;
        Ok(self.view())
    }

    fn clock_out(&mut self) -> Result<ChefState, Refusal> {
        self.on_shift = false;
        self.give_back("off shift");
        Ok(self.view())
    }

    fn assign(
        &mut self,
        kitchen_id: String,
        order_id: String,
        round: u32,
    ) -> Result<ChefState, Refusal> {
        said_by("kitchen")?;
        if !self.on_shift {
            self.hand_back(&kitchen_id, &order_id, round, "the chef is off shift");
        } else if self.task.is_none() {
            self.begin(kitchen_id, order_id, round);
        // The order in hand may be assigned once more, and is no second one then.
        } else if !self.has(&order_id, round) {
            self.hand_back(&kitchen_id, &order_id, round, "the chef is busy");
        }
        Ok(self.view())
    }

    fn burn(&mut self, reason: String) -> Result<ChefState, Refusal> {
        self.lose(&reason)?;
        Ok(self.view())
    }

    fn follow(&mut self, order_id: String, round: u32) -> Result<ChefState, Refusal> {
        said_by("kitchen")?;
        // What is in the oven already keeps its time.
        if self.has(&order_id, round) && self.task.as_ref().is_some_and(prepares) {
            self.bake();
        }
        Ok(self.view())
    }

    fn requeue(&mut self, order_id: String, round: u32) -> Result<ChefState, Refusal> {
        said_by("kitchen")?;
        if self.has(&order_id, round) && self.task.as_ref().is_some_and(prepares) {
            // No failure of the chef: the kitchen has asked for it.
            self.drop_task();
            OrderClient::of(&order_id).send_cook(CookStep::GaveUp, round);
        }
        Ok(self.view())
    }

    fn abandon(&mut self, order_id: String, round: u32) -> Result<ChefState, Refusal> {
        said_by("kitchen")?;
        if self.has(&order_id, round) {
            self.drop_task();
        }
        Ok(self.view())
    }
}

#[silo_sdk::queries]
impl chef_queries::Guest for Chef {
    fn get(&self) -> ChefState {
        self.view()
    }
}

#[silo_sdk::commands]
impl timer_events::Guest for Chef {
    fn on_timer(&mut self, name: String) {
        self.rings(&name);
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Chef {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        self.rings(&name);
    }
}

impl Chef {
    fn view(&self) -> ChefState {
        ChefState {
            chef_id: context::key(),
            on_shift: self.on_shift,
            task: self.task.clone(),
            cooked: self.cooked,
            burned: self.burned,
        }
    }
}

fn prepares(task: &Task) -> bool {
    task.stage == Stage::Preparing
}

/// What a chef has in hand is known to the kitchen and to the order: nobody else gives or
/// takes it.
fn said_by(actor_type: &str) -> Result<(), Refusal> {
    if context::caller().is_some_and(|caller| caller.actor_type == actor_type) {
        return Ok(());
    }
    let message = format!("only a {actor_type} says so; an order is moved by the order itself");
    Err(refusal::conflict(&message))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
