//! The actor that is asked in simulations: an account that remembers what was done to it. It is no
//! module, so that a simulation runs thousands of turns in a second.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pizza_guest::error::GuestError;
use pizza_guest::{Guest, Hooks, Invocation, Turn};
use pizza_types::{
    ActorId, Body, Effect, MissedPolicy, ModuleDigest, Outcome, State, StateWrite, StreamEvent,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::trace::{Trace, now_ms};

pub const TYPE: &str = "account";
/// How many accounts there are.
pub const ACCOUNTS: usize = 10;
/// The stream to which accounts publish; each of its keys is an account that hears of it.
pub const STREAM: &str = "ledger";
/// The clocks of two silos may differ by so much, in milliseconds: an alarm is not early within it.
const CLOCKS_APART_MS: u64 = 600;

/// What an account remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Account {
    pub total: i64,
    /// What was done to it, in order; a prefix says what kind of thing it is.
    pub done: Vec<String>,
    /// When reminders are due at the earliest, by the true time of the simulation.
    pub due: BTreeMap<String, u64>,
}

impl Account {
    #[must_use]
    pub fn of(state: Option<&State>) -> Self {
        let read = state.and_then(|state| serde_json::from_slice(&state.bytes).ok());
        read.unwrap_or_default()
    }
}

/// The code of all accounts.
pub struct Accounts {
    actor_type: Arc<str>,
    subscriptions: Vec<Arc<str>>,
    trace: Trace,
    /// Told of each reminder that fires before its time.
    early: Box<dyn Fn(String) + Send + Sync>,
}

impl Accounts {
    pub fn new(trace: Trace, early: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self {
            actor_type: TYPE.into(),
            subscriptions: vec![STREAM.into()],
            trace,
            early: Box::new(early),
        }
    }
}

/// The id of an account.
#[must_use]
pub fn account(key: &str) -> ActorId {
    ActorId::new(TYPE, key).expect("the keys of simulations are valid")
}

#[async_trait]
impl Guest for Accounts {
    fn digest(&self) -> ModuleDigest {
        ModuleDigest::of(b"account")
    }

    fn actor_type(&self) -> &Arc<str> {
        &self.actor_type
    }

    fn schema(&self) -> u32 {
        1
    }

    fn subscriptions(&self) -> &[Arc<str>] {
        &self.subscriptions
    }

    fn is_query(&self, method: &str) -> Option<bool> {
        match method {
            "read" => Some(true),
            "add" | "move" | "both" | "tell" | "later" => Some(false),
            _ => None,
        }
    }

    fn method_names(&self) -> Vec<&str> {
        vec!["read", "add", "move", "both", "tell", "later"]
    }

    fn hooks(&self) -> Hooks {
        Hooks {
            reminder: true,
            events: true,
            ..Hooks::default()
        }
    }

    async fn run(&self, turn: Turn) -> Result<Outcome, GuestError> {
        let mut account = Account::of(turn.state.as_ref());
        let mut effects = Vec::new();
        let mut reply = Bytes::new();
        match &turn.invocation {
            Invocation::Message(Body::Call { method, arguments }) => {
                let arguments: Value = serde_json::from_slice(arguments)
                    .map_err(|error| GuestError::Trap(error.to_string()))?;
                if **method == *"read" {
                    let reply = json!(account.done).to_string().into();
                    return Ok(Outcome {
                        reply,
                        ..Outcome::default()
                    });
                }
                self.call(&turn, method, &arguments, &mut account, &mut effects)
                    .await?;
                reply = json!({"ok": account.done.len()}).to_string().into();
            }
            Invocation::Message(Body::Reminder { name, .. }) => self.remind(name, &mut account),
            Invocation::Message(Body::Events { events, .. }) => hear(events, &mut account),
            _ => return Ok(Outcome::default()),
        }
        self.trace.note(|| {
            format!(
                "turn {} {:?} {}",
                turn.actor,
                account.done.last(),
                turn.message_id
            )
        });
        let bytes = serde_json::to_vec(&account);
        let bytes = bytes.map_err(|error| GuestError::Trap(error.to_string()))?;
        Ok(Outcome {
            reply,
            state: StateWrite::Set(State {
                schema: 1,
                bytes: bytes.into(),
            }),
            effects,
            ..Outcome::default()
        })
    }
}

impl Accounts {
    async fn call(
        &self,
        turn: &Turn,
        method: &str,
        arguments: &Value,
        account: &mut Account,
        effects: &mut Vec<Effect>,
    ) -> Result<(), GuestError> {
        let text = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
        let amount = arguments["amount"].as_i64().unwrap_or(0);
        let (id, to) = (text("id"), text("to"));
        match method {
            "move" => {
                account.total -= amount;
                account.done.push(format!("move {id}"));
                let credit = json!({"id": format!("credit {id}"), "amount": amount});
                effects.push(Effect::Send {
                    target: self::account(&to),
                    method: "add".into(),
                    arguments: credit.to_string().into(),
                    delay_ms: arguments["delay"].as_u64().unwrap_or(0),
                });
            }
            "both" => {
                let other = json!({"id": format!("asked {id}"), "amount": 0});
                let asked =
                    turn.calls
                        .call(self::account(&to), "add".into(), other.to_string().into());
                asked
                    .await
                    .map_err(|error| GuestError::Trap(error.to_string()))?;
                account.done.push(format!("both {id}"));
            }
            "tell" => {
                account.done.push(format!("tell {id}"));
                effects.push(Effect::Publish {
                    stream: STREAM.into(),
                    key: to.into(),
                    payload: json!(id).to_string().into(),
                });
            }
            "later" => {
                let delay_ms = arguments["delay"].as_u64().unwrap_or(0);
                account.done.push(format!("later {id}"));
                account.due.insert(id.clone(), now_ms() + delay_ms);
                effects.push(Effect::SetReminder {
                    name: id.into(),
                    delay_ms,
                    period_ms: None,
                    policy: MissedPolicy::Last,
                });
            }
            _ => {
                account.total += amount;
                account.done.push(format!("add {id}"));
            }
        }
        Ok(())
    }

    fn remind(&self, name: &str, account: &mut Account) {
        account.done.push(format!("reminder {name}"));
        let due_ms = account.due.get(name).copied().unwrap_or(0);
        if now_ms() + CLOCKS_APART_MS < due_ms {
            (self.early)(format!(
                "reminder {name} at {} was due at {due_ms}",
                now_ms()
            ));
        }
    }
}

fn hear(events: &[StreamEvent], account: &mut Account) {
    for event in events {
        let id: String = serde_json::from_slice(&event.payload).unwrap_or_default();
        account.done.push(format!("event {} {id}", event.position));
    }
}
