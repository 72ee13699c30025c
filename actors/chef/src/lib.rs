//! A chef: on shift or not, and with at most one order in hand.

use bindings::clients::KitchenClient;
use bindings::types::{ChefState, Conflict, Refusal, Stage, Task};
use bindings::{chef, chef_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::context;

silo_sdk::actor! { state: Chef }

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Chef {
    on_shift: bool,
    task: Option<Task>,
    cooked: u64,
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
            return Err(conflict("the chef is off shift"));
        }
        if let Some(task) = &self.task {
            return if task.order_id == order_id {
                Ok(self.view())
            } else {
                Err(conflict("the chef is busy"))
            };
        }
        let started_at = context::now_ms();
        self.task = Some(Task {
            order_id,
            kitchen_id,
            stage: Stage::Preparing,
            started_at,
            due_at: started_at,
        });
        Ok(self.view())
    }

    fn burn(&mut self, reason: String) -> Result<ChefState, Refusal> {
        self.burned += 1;
        self.give_back(&reason);
        Ok(self.view())
    }

    fn abandon(&mut self, order_id: String) -> Result<ChefState, Refusal> {
        self.task.take_if(|task| task.order_id == order_id);
        Ok(self.view())
    }
}

#[silo_sdk::queries]
impl chef_queries::Guest for Chef {
    fn get(&self) -> ChefState {
        self.view()
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

    fn give_back(&mut self, reason: &str) {
        if let Some(task) = self.task.take() {
            KitchenClient::of(&task.kitchen_id).send_chef_failed(
                &context::key(),
                &task.order_id,
                reason,
                true,
            );
        }
    }
}

fn conflict(message: &str) -> Refusal {
    Refusal::Conflict(Conflict {
        message: message.to_owned(),
        current: None,
        wanted: None,
        allowed: Vec::new(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn an_order_in_hand_goes_back_to_the_kitchen() {
        let host = Host::new("chef", "napoli.1");
        let mut chef = Chef::default();
        chef.clock_in().unwrap();
        chef.assign("napoli".into(), "order-1".into()).unwrap();
        assert_eq!(chef.get().task.unwrap().started_at, host.now_ms());

        assert_eq!(chef.clock_out().unwrap().task, None);
        let sent = host.sent_to("kitchen", "chef-failed");
        assert_eq!(sent[0].key, "napoli");
        assert_eq!(sent[0].arguments["orderId"], "order-1");
    }

    #[test]
    fn a_declined_command_leaves_no_trace() {
        let host = Host::new("chef", "napoli.1");
        let declined = <Chef as chef::Guest>::assign("napoli".into(), "order-1".into());
        assert_eq!(declined, Err(conflict("the chef is off shift")));
        assert!(host.state::<Chef>().is_none());

        <Chef as chef::Guest>::clock_in().unwrap();
        assert!(host.state::<Chef>().unwrap().on_shift);
        assert!(<Chef as chef_queries::Guest>::get().on_shift);
    }
}
