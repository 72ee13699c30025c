//! The stages of an order. A timer drives the normal course; the reminder behind it is
//! durable, so that a silo that dies while a pizza bakes does not lose it.

use silo_sdk::{config, context};

use crate::bindings::clients::{KitchenClient, OrderClient};
use crate::bindings::types::{CookStep, Refusal, Stage, Task};
use crate::refusal::conflict;
use crate::state::Chef;
use crate::task;

/// How long an order is prepared at the speed of life, in milliseconds: four minutes.
const PREPARE_MS: u64 = 240_000;
/// How long it bakes at the speed of life, in milliseconds: eight minutes.
const BAKE_MS: u64 = 480_000;

impl Chef {
    pub(crate) fn begin(&mut self, kitchen_id: String, order_id: String, round: u32) {
        // A message: whether the order is still free, the order decides when it hears of it.
        OrderClient::of(&order_id).send_cook(CookStep::Began, round);
        let now = context::now_ms();
        let due_at = now + stage_ms("prep-ms", PREPARE_MS);
        self.round = round;
        self.task = Some(Task {
            order_id,
            kitchen_id,
            stage: Stage::Preparing,
            started_at: now,
            due_at,
        });
        self.arm();
    }

    /// A clock rings, the timer or the reminder behind it. Only that of the stage at hand counts:
    /// a timer that was set for an earlier stage may have rung already, and wait for its turn; a
    /// reminder of one may have been a dead letter that is replayed.
    pub(crate) fn rings(&mut self, clock: &str) {
        if self
            .task
            .as_ref()
            .is_some_and(|task| task::clock(task) == clock)
        {
            self.advance();
        }
    }

    /// The stage is over. That its time has passed is the host's word: the date, which may
    /// have been set back meanwhile, would keep the pizza in the oven. Whether the order is
    /// still where this chef has it, the order knows: it declines what comes too late.
    fn advance(&mut self) {
        let Some(task) = &self.task else {
            return;
        };
        let order = OrderClient::of(&task.order_id);
        match task.stage {
            Stage::Preparing => {
                order.send_cook(CookStep::Baking, self.round);
                self.bake();
            }
            Stage::Baking => {
                order.send_cook(CookStep::Ready, self.round);
                task::disarm(task);
                self.cooked += 1;
                self.task = None;
            }
        }
    }

    /// Puts the order into the oven, by this chef or by somebody else.
    pub(crate) fn bake(&mut self) {
        if let Some(task) = &mut self.task {
            task::disarm(task);
            let now = context::now_ms();
            task.stage = Stage::Baking;
            task.started_at = now;
            task.due_at = now + stage_ms("bake-ms", BAKE_MS);
            self.arm();
        }
    }

    fn arm(&self) {
        if let Some(task) = &self.task {
            task::arm(task);
        }
    }

    /// The pizza in the oven is lost, and the order is made again.
    pub(crate) fn lose(&mut self, reason: &str) -> Result<(), Refusal> {
        // Only what is in the oven can burn.
        let baking = self.task.take_if(|task| task.stage == Stage::Baking);
        let task = baking.ok_or_else(|| conflict("nothing is in the oven"))?;
        self.burned += 1;
        task::disarm(&task);
        // The order comes back to the kitchen's queue by itself, as a remake.
        OrderClient::of(&task.order_id).send_cook(CookStep::Burned, self.round);
        let kitchen = KitchenClient::of(&task.kitchen_id);
        kitchen.send_chef_failed(&context::key(), &task.order_id, reason);
        Ok(())
    }

    /// An order in hand goes back to the kitchen; one in the oven is lost.
    pub(crate) fn give_back(&mut self, reason: &str) {
        if self.lose(reason).is_ok() {
            return;
        }
        if let Some(task) = self.drop_task() {
            self.hand_back(&task.kitchen_id, &task.order_id, self.round, reason);
        }
    }

    /// Has nothing in hand any more.
    pub(crate) fn drop_task(&mut self) -> Option<Task> {
        let task = self.task.take()?;
        task::disarm(&task);
        Some(task)
    }

    /// Gives an order back. The order tells the kitchen that it waits again.
    pub(crate) fn hand_back(&self, kitchen_id: &str, order_id: &str, round: u32, reason: &str) {
        // Both are told: the order, which becomes free, and the kitchen, which learns why.
        OrderClient::of(order_id).send_cook(CookStep::GaveUp, round);
        let kitchen = KitchenClient::of(kitchen_id);
        kitchen.send_chef_failed(&context::key(), order_id, reason);
    }

    pub(crate) fn has(&self, order_id: &str, round: u32) -> bool {
        let task = self.task.as_ref();
        self.round == round && task.is_some_and(|task| task.order_id == order_id)
    }
}

/// The time of a stage, faster where the configuration says so.
fn stage_ms(name: &str, normal_ms: u64) -> u64 {
    let speed: u64 = config::parse_or("speed", 1);
    config::parse_or(name, normal_ms) / speed.max(1)
}
