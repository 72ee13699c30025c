//! A chef: on shift or not, and with at most one order in hand.
//!
//! - [`cook`](crate::cook): the stages of an order, by durable deadlines

use bindings::types::{ChefState, Conflict, Refusal, Task};
use bindings::{chef, chef_queries, reminder_events, timer_events};
use serde::{Deserialize, Serialize};
use silo_sdk::context;

mod cook;

silo_sdk::actor! { state: Chef }
silo_sdk::manifest!({
    "calls": ["kitchen.*", "order.*"],
    "config": true,
    "timers": true,
    "reminders": true
});

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1, activate = Chef::wake)]
pub struct Chef {
    #[serde(rename = "s")]
    on_shift: bool,
    #[serde(rename = "t")]
    task: Option<Task>,
    #[serde(rename = "c")]
    cooked: u64,
    #[serde(rename = "b")]
    burned: u64,
}

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

    fn assign(&mut self, kitchen_id: String, order_id: String) -> Result<ChefState, Refusal> {
        if !self.on_shift {
            self.hand_back(&kitchen_id, &order_id, "the chef is off shift");
            return Ok(self.view());
        }
        match &self.task {
            Some(task) if task.order_id == order_id => {}
            Some(_) => self.hand_back(&kitchen_id, &order_id, "the chef is busy"),
            None => self.begin(kitchen_id, order_id),
        }
        Ok(self.view())
    }

    fn burn(&mut self, reason: String) -> Result<ChefState, Refusal> {
        self.lose(&reason)?;
        Ok(self.view())
    }

    fn abandon(&mut self, order_id: String) -> Result<ChefState, Refusal> {
        if let Some(task) = self.task.take_if(|task| task.order_id == order_id) {
            cook::disarm(&task);
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
    fn on_reminder(&mut self, _name: String, _due: u64, _missed: u32) {
        self.advance();
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

pub(crate) fn conflict(message: &str) -> Refusal {
    Refusal::Conflict(Conflict {
        message: message.to_owned(),
        current: None,
        wanted: None,
        allowed: Vec::new(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests;
