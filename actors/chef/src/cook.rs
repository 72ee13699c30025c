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
        arm(due_at);
    }

    /// Called by timer and reminder alike, in any order and more than once.
    pub(crate) fn advance(&mut self) {
        let Some(task) = &mut self.task else {
            return;
        };
        let now = context::now_ms();
        if now < task.due_at {
            return arm(task.due_at);
        }
        let order = OrderClient::of(&task.order_id);
        match task.stage {
            Stage::Preparing => {
                order.send_update_status(Status::Baking, None);
                task.stage = Stage::Baking;
                task.started_at = now;
                task.due_at = now + stage_ms("bake-ms", BAKE_MS);
                arm(task.due_at);
            }
            Stage::Baking => {
                order.send_update_status(Status::Ready, None);
                let kitchen = KitchenClient::of(&task.kitchen_id);
                kitchen.send_chef_done(&context::key(), &task.order_id);
                self.cooked += 1;
                self.task = None;
                disarm();
            }
        }
    }

    /// In memory again, after an outage or a long pause: the timer is gone, the state is not.
    pub(crate) fn wake(&self) {
        if let Some(task) = &self.task {
            let left = task.due_at.saturating_sub(context::now_ms());
            timers::set(STEP, Duration::from_millis(left));
        }
    }

    /// The pizza in the oven is lost, and the order is made again.
    pub(crate) fn lose(&mut self, reason: &str) -> Result<(), Refusal> {
        let baking = self.task.take_if(|task| task.stage == Stage::Baking);
        let task = baking.ok_or_else(|| conflict("nothing is in the oven"))?;
        self.burned += 1;
        disarm();
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
            disarm();
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

fn arm(due_at: u64) {
    let left = Duration::from_millis(due_at.saturating_sub(context::now_ms()));
    timers::set(STEP, left);
    reminders::set(STEP, left + GRACE);
}

pub(crate) fn disarm() {
    timers::cancel(STEP);
    reminders::cancel(STEP);
}
