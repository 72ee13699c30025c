//! A payment from one account to another: it happens whole, or is undone. What is wanted is committed
//! before anything is done, and a durable message to itself begins each step.

use std::time::Duration;

use bindings::clients::AccountClient;
use bindings::types::{Refusal, Stage, Transfer};
use bindings::{payment, payment_queries, reminder_events};
use serde::{Deserialize, Serialize};
use silo_sdk::{CallError, CallFailure, calls, context, json, log, reminders, state};

silo_sdk::actor! { state: Payment, wit: ["wit", "../wit", "../../../../wit/silo"] }
silo_sdk::manifest!({ "calls": ["account.*", "payment.step"], "reminders": true });

const AGAIN: Duration = Duration::from_millis(500);

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Payment {
    doing: Option<(Transfer, Stage)>,
}

#[silo_sdk::commands]
impl payment::Guest for Payment {
    fn pay(&mut self, transfer: Transfer) -> Result<Stage, String> {
        match &self.doing {
            Some((known, stage)) if *known == transfer => return Ok(*stage),
            Some(_) => return Err("another payment has this id".to_owned()),
            None => reminders::set("patience", Duration::from_millis(transfer.patience_ms)),
        }
        self.doing = Some((transfer, Stage::Begun));
        go_on();
        Ok(Stage::Begun)
    }

    fn step(&mut self) {
        let unfinished = self.doing.as_mut().filter(|(_, stage)| !is_over(*stage));
        let Some((transfer, stage)) = unfinished else {
            return;
        };
        match next(transfer, *stage) {
            Ok(next) if next != *stage => {
                log::info!("{} is {next:?}", context::key());
                *stage = next;
                if is_over(next) {
                    reminders::cancel("patience");
                    reminders::cancel("again");
                    state::end();
                } else {
                    go_on();
                }
            }
            // Nothing has come of it, or nobody knows what; to ask again is safe.
            _ => reminders::set("again", AGAIN),
        }
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Payment {
    fn on_reminder(&mut self, name: String, _due: u64, _missed: u32) {
        if let Some((_, stage @ (Stage::Begun | Stage::Taken))) = &mut self.doing
            && name == "patience"
        {
            *stage = Stage::Undoing;
        }
        self.step();
    }
}

#[silo_sdk::queries]
impl payment_queries::Guest for Payment {
    fn get(&self) -> Option<Stage> {
        self.doing.as_ref().map(|(_, stage)| *stage)
    }
}

/// Takes the step of this stage, and says what comes after it.
fn next(transfer: &Transfer, stage: Stage) -> Result<Stage, CallFailure> {
    let (id, amount) = (context::key(), transfer.amount);
    let from = AccountClient::of(&transfer.from);
    let to = AccountClient::of(&transfer.to);
    let answer = match stage {
        Stage::Begun => from.withdraw(&id, amount).map(|_| Stage::Taken),
        Stage::Taken => to.deposit(&id, amount).map(|_| Stage::Paid),
        // First the payee must not get it any more: then the payer can have it again.
        Stage::Undoing if to.call_off(&id)? => return from.give_back(&id).map(|_| Stage::Undone),
        // It has come after all.
        _ => Ok(Stage::Paid),
    };
    match answer {
        Ok(next) => Ok(next),
        Err(CallError::Call(failure)) => Err(failure),
        Err(CallError::Refused(_)) if stage == Stage::Begun => Ok(Stage::Declined),
        // It may be opened until the patience is over.
        Err(CallError::Refused(Refusal::Closed)) => Ok(stage),
        Err(CallError::Refused(_)) => Ok(Stage::Undoing),
    }
}

fn is_over(stage: Stage) -> bool {
    matches!(stage, Stage::Paid | Stage::Declined | Stage::Undone)
}

/// Leaves with this turn's commit, and is delivered until it has been handled.
fn go_on() {
    calls::send("payment", &context::key(), "step", &json::json!({}));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::{Host, ok, plain, refused};

    use super::*;

    /// The payee has no account until the patience is over. Then it says whether the money had come
    /// all the same.
    #[test]
    fn what_the_payee_never_took_goes_back_once_and_what_had_come_stays() {
        for (is_called_off, stage, times) in [(true, Stage::Undone, 1), (false, Stage::Paid, 0)] {
            let host = Host::new("payment", "p-1");
            host.answer("account", "withdraw", |_, _| ok(70));
            host.answer("account", "deposit", |_, _| refused("closed"));
            host.answer("account", "call-off", move |_, _| plain(is_called_off));
            host.answer("account", "give-back", |_, _| plain(100));
            let transfer = r#"{"from": "alice", "to": "bob", "amount": 30, "patienceMs": 60000}"#;
            let mut payment = Payment::default();
            payment.pay(json::from_str(transfer).unwrap()).unwrap();
            payment.step();
            payment.step();
            assert_eq!(payment.get(), Some(Stage::Taken));
            payment.on_reminder("patience".into(), 0, 0);
            payment.step();
            assert_eq!(payment.get(), Some(stage));
            assert!(host.has_ended() && host.reminders().is_empty());
            let back = host.asked().into_iter().filter(|a| a.method == "give-back");
            assert_eq!(back.count(), times);
        }
    }
}
