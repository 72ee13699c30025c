//! The stages of an order. A timer drives the normal course; the reminder behind it is
//! durable, so that a silo that dies while a pizza bakes does not lose it.

use std::time::Duration;

use silo_sdk::{config, context, reminders, timers};

use crate::bindings::clients::{KitchenClient, OrderClient};
use crate::bindings::types::{Refusal, Stage, Status, Task};
use crate::{Chef, conflict};

const STEP: &str = "step";
const PREPARE_MS: u64 = 240_000;
const BAKE_MS: u64 = 480_000;
/// How long the reminder leaves the timer its chance.
const GRACE: Duration = Duration::from_secs(1);

impl Chef {
    pub(crate) fn begin(&mut self, kitchen_id: String, order_id: String) {
        OrderClient::of(&order_id).send_update_status(Status::Preparing, None);
        let now = context::now_ms();
        let due_at = now + stage_ms("prep-ms", PREPARE_MS);
        self.task = Some(Task {
            order_id,
            kitchen_id,
            stage: Stage::Preparing,
            started_at: now,
            due_at,
        });
        self.arm();
    }

    /// The timer of the stage at hand, and no other: one that was set for an earlier stage
    /// may have rung already, and wait for its turn.
    pub(crate) fn rings(&mut self, timer: &str) {
        if self.task.as_ref().is_some_and(|task| name(task) == timer) {
            self.advance();
        }
    }

    /// The stage is over. That its time has passed is the host's word: the date, which may
    /// have been set back meanwhile, would keep the pizza in the oven.
    pub(crate) fn advance(&mut self) {
        let Some(task) = &mut self.task else {
            return;
        };
        let now = context::now_ms();
        disarm(task);
        let order = OrderClient::of(&task.order_id);
        match task.stage {
            Stage::Preparing => {
                order.send_update_status(Status::Baking, None);
                task.stage = Stage::Baking;
                task.started_at = now;
                task.due_at = now + stage_ms("bake-ms", BAKE_MS);
                self.arm();
            }
            Stage::Baking => {
                order.send_update_status(Status::Ready, None);
                let kitchen = KitchenClient::of(&task.kitchen_id);
                kitchen.send_chef_done(&context::key(), &task.order_id);
                self.cooked += 1;
                self.task = None;
            }
        }
    }

    fn arm(&self) {
        if let Some(task) = &self.task {
            timers::set(&name(task), left(task));
            reminders::set(STEP, left(task) + GRACE);
        }
    }

    /// In memory again, after an outage or a long pause: the timer is gone, the state is not.
    pub(crate) fn wake(&self) {
        if let Some(task) = &self.task {
            timers::set(&name(task), left(task));
        }
    }

    /// The pizza in the oven is lost, and the order is made again.
    pub(crate) fn lose(&mut self, reason: &str) -> Result<(), Refusal> {
        let baking = self.task.take_if(|task| task.stage == Stage::Baking);
        let task = baking.ok_or_else(|| conflict("nothing is in the oven"))?;
        self.burned += 1;
        disarm(&task);
        // The order comes back to the kitchen's queue by itself, as a remake.
        OrderClient::of(&task.order_id).send_update_status(Status::Preparing, None);
        let kitchen = KitchenClient::of(&task.kitchen_id);
        kitchen.send_chef_failed(&context::key(), &task.order_id, reason, false);
        Ok(())
    }

    /// An order in hand goes back to the kitchen; one in the oven is lost.
    pub(crate) fn give_back(&mut self, reason: &str) {
        if self.lose(reason).is_ok() {
            return;
        }
        if let Some(task) = self.task.take() {
            disarm(&task);
            self.hand_back(&task.kitchen_id, &task.order_id, reason);
        }
    }

    pub(crate) fn hand_back(&self, kitchen_id: &str, order_id: &str, reason: &str) {
        let kitchen = KitchenClient::of(kitchen_id);
        kitchen.send_chef_failed(&context::key(), order_id, reason, true);
    }
}

/// The time of a stage, faster where the configuration says so.
fn stage_ms(name: &str, normal_ms: u64) -> u64 {
    let speed: u64 = config::parse_or("speed", 1);
    config::parse_or(name, normal_ms) / speed.max(1)
}

fn name(task: &Task) -> String {
    format!("{STEP}.{}", task.due_at)
}

/// Never more than the stage takes, whatever the date is.
fn left(task: &Task) -> Duration {
    let left_ms = task.due_at.saturating_sub(context::now_ms());
    Duration::from_millis(left_ms.min(task.due_at.saturating_sub(task.started_at)))
}

pub(crate) fn disarm(task: &Task) {
    timers::cancel(&name(task));
    reminders::cancel(STEP);
}
