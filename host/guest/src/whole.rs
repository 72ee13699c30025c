//! A turn that is handed over whole, where the component exports `silo:actor/turn`: one call in place
//! of one for each thing that the guest reads or stages, and JSON that is checked and passed on in
//! place of values. What comes back is staged by the functions of the imports, so that the bounds
//! are theirs.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{ActorId, Body, MessageId, Outcome, State, StreamEvent};
use pizza_value::Limits;
use pizza_value::ty::Type;

use crate::error::GuestError;
use crate::host_state::HostState;
use crate::imports::wit as imports;
use crate::instance::Instance;
use crate::module::{Method, Module};
use crate::turn::{Invocation, Turn};
use crate::turn_context::Access;
use crate::turn_export as wit;

/// What is asked of the guest, and what its turn reads. Apart from the context, which is the
/// instance's while the guest runs.
pub(crate) struct Whole<'m> {
    pub(crate) access: Access,
    method: Option<(u32, &'m Method)>,
    invocation: Invocation,
    actor: ActorId,
    caller: Option<ActorId>,
    message_id: MessageId,
    now_ms: u64,
    random_seed: u64,
    trace: Option<Arc<str>>,
    state: Option<State>,
}

impl Module {
    /// The turn as one call, if it can be: `None` where the component has no export for it, where
    /// that does not know the method, where arguments are spelled in a way that only some readers
    /// take, and for migrations, whose state has an export of its own.
    ///
    /// # Errors
    /// When the arguments do not fit the method.
    pub(crate) fn whole(&self, turn: &Turn) -> Result<Option<Whole<'_>>, GuestError> {
        if self.template.turn.is_none() {
            return Ok(None);
        }
        let (hooks, mut method) = (&self.hooks, None);
        let (is_possible, access) = match &turn.invocation {
            Invocation::Message(Body::Call {
                method: name,
                arguments,
            }) => {
                let called = self.method(name).ok_or_else(|| self.no_method(name))?;
                method = called.number.map(|number| (number, called));
                let is_plain = method.is_some() && self.is_plain(called, arguments)?;
                (is_plain, called.access())
            }
            Invocation::Message(Body::Timer { .. }) => (hooks.timer.is_some(), Access::ReadWrite),
            Invocation::Message(Body::Reminder { .. }) => {
                (hooks.reminder.is_some(), Access::ReadWrite)
            }
            Invocation::Message(Body::Events { .. }) => (hooks.events.is_some(), Access::ReadWrite),
            Invocation::Activate => (hooks.activate.is_some(), Access::TimersOnly),
            Invocation::Deactivate => (hooks.deactivate.is_some(), Access::ReadOnly),
            Invocation::Migrate { .. } => (false, Access::ReadOnly),
        };
        Ok(is_possible.then(|| Whole {
            access,
            method,
            invocation: turn.invocation.clone(),
            actor: turn.actor.clone(),
            caller: turn.caller.clone(),
            message_id: turn.message_id,
            now_ms: turn.now_ms,
            random_seed: turn.random_seed,
            trace: turn.trace.clone(),
            state: turn.state.clone(),
        }))
    }

    /// Whether every reader takes the arguments for the same.
    fn is_plain(&self, method: &Method, arguments: &[u8]) -> Result<bool, GuestError> {
        let limits = self.value_limits();
        let found = pizza_value::check_args(arguments, &method.function, &limits);
        let found = found.map_err(GuestError::bad_arguments)?;
        Ok(found.plain && std::str::from_utf8(arguments).is_ok())
    }

    /// Runs it. After an error the instance must not be used again.
    pub(crate) async fn perform_whole(
        &self,
        instance: &mut Instance,
        whole: Whole<'_>,
    ) -> Result<Outcome, GuestError> {
        let events = whole.events();
        let output = instance.turn(whole.input(&events)?).await?;
        let (reply, method) = (output.reply, whole.method.map(|(_, method)| method));
        let staged = stage(
            instance.store.data_mut(),
            output.entries,
            output.effects,
            output.state,
        );
        staged.map_err(|error| instance.failure(&error))?;
        let (reply, declined) = match method.and_then(|method| method.function.result.as_ref()) {
            Some(ty) => self.checked_reply(reply, ty)?,
            None => (Bytes::new(), false),
        };
        Ok(instance.take_context()?.into_outcome(reply, declined))
    }

    /// The reply as it goes on, and whether the method declined: that is read from the reply, so
    /// that a guest cannot say one thing and mean the other.
    fn checked_reply(&self, reply: String, ty: &Type) -> Result<(Bytes, bool), GuestError> {
        let limit = self.limits().transfer_bytes;
        if reply.len() > limit {
            let what = "a reply";
            return Err(GuestError::TransferTooLarge { what, limit });
        }
        let limits = Limits {
            bytes_max: limit,
            // What the guest has built itself is bounded by its memory.
            items_max: usize::MAX,
            ..Limits::default()
        };
        let found = pizza_value::check_json(reply.as_bytes(), ty, &limits);
        let found = found.map_err(|_| GuestError::misfit("the reply"))?;
        let declined = found.declined && matches!(ty, Type::Result(_));
        if found.plain {
            return Ok((reply.into(), declined));
        }
        // Those who read replies know one spelling of each value.
        let value = pizza_value::from_json(reply.as_bytes(), ty, &limits);
        let value = value.map_err(|_| GuestError::misfit("the reply"))?;
        let json = pizza_value::to_json(&value, ty).map_err(|_| GuestError::misfit("the reply"))?;
        Ok((json.into(), declined))
    }
}

impl Whole<'_> {
    fn events(&self) -> Vec<wit::Event<'_>> {
        let Invocation::Message(Body::Events { events, .. }) = &self.invocation else {
            return Vec::new();
        };
        events.iter().map(event).collect()
    }

    fn input<'a>(&'a self, events: &'a [wit::Event<'a>]) -> Result<wit::Input<'a>, GuestError> {
        let id = u128::from_be_bytes(self.message_id.0);
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the two halves of the id, one after the other"
        )]
        let message_id = ((id >> 64) as u64, id as u64);
        let state = self.state.as_ref().map(|state| wit::StateParam {
            schema: state.schema,
            bytes: &state.bytes,
        });
        Ok(wit::Input {
            invocation: self.asked(events)?,
            actor: actor(&self.actor),
            caller: self.caller.as_ref().map(actor),
            message_id,
            now: self.now_ms,
            random_seed: self.random_seed,
            trace_id: self.trace.as_deref(),
            state,
        })
    }

    fn asked<'a>(
        &'a self,
        events: &'a [wit::Event<'a>],
    ) -> Result<wit::Invocation<'a>, GuestError> {
        Ok(match (&self.invocation, self.method) {
            (Invocation::Message(Body::Call { arguments, .. }), Some((method, _))) => {
                let arguments = std::str::from_utf8(arguments)
                    .map_err(|_| GuestError::misfit("an argument"))?;
                wit::Invocation::Call(wit::Call { method, arguments })
            }
            (Invocation::Message(Body::Timer { name }), _) => wit::Invocation::Timer(name),
            (
                Invocation::Message(Body::Reminder {
                    name,
                    due_ms,
                    missed,
                }),
                _,
            ) => wit::Invocation::Reminder(wit::Reminder {
                name,
                due: *due_ms,
                missed: *missed,
            }),
            (Invocation::Message(Body::Events { stream: name, .. }), _) => {
                wit::Invocation::Events(wit::Events { name, events })
            }
            (Invocation::Activate, _) => wit::Invocation::Activate,
            (Invocation::Deactivate, _) => wit::Invocation::Deactivate,
            (Invocation::Message(Body::Call { .. }) | Invocation::Migrate { .. }, _) => {
                return Err(GuestError::misfit("what is asked"));
            }
        })
    }
}

fn event(event: &StreamEvent) -> wit::Event<'_> {
    wit::Event {
        position: event.position,
        // Payloads were text when they were published.
        payload: std::str::from_utf8(&event.payload).unwrap_or_default(),
    }
}

fn actor(id: &ActorId) -> wit::Actor<'_> {
    wit::Actor {
        actor_type: id.actor_type(),
        key: id.key(),
    }
}

/// Stages what came back, by the same functions as the imports.
fn stage(
    host: &mut HostState,
    entries: Vec<wit::Entry>,
    effects: Vec<wit::Effect>,
    state: Option<wit::StateResult>,
) -> wasmtime::Result<()> {
    use imports::state::Host;
    for entry in entries {
        match entry.bytes {
            Some(bytes) => host.set_entry(entry.name, bytes)?,
            None => host.remove_entry(entry.name)?,
        }
    }
    for effect in effects {
        stage_effect(host, effect)?;
    }
    match state {
        Some(wit::StateResult { schema, bytes }) => {
            let bytes = bytes.into();
            host.set_state(State { schema, bytes })
        }
        None => Ok(()),
    }
}

fn stage_effect(host: &mut HostState, effect: wit::Effect) -> wasmtime::Result<()> {
    use imports::{calls, reminders, streams, timers};
    match effect {
        wit::Effect::Send(sent) => {
            let (target, key, method) = (sent.actor_type, sent.key, sent.method);
            calls::Host::send_after(host, sent.delay_ms, target, key, method, sent.arguments)
        }
        wit::Effect::Publish(event) => {
            streams::Host::publish(host, event.name, event.key, event.payload)
        }
        wit::Effect::SetTimer(timer) => {
            host.may_set_timers()?;
            timers::Host::set(host, timer.name, timer.delay_ms, timer.period_ms)
        }
        wit::Effect::CancelTimer(name) => {
            host.may_set_timers()?;
            timers::Host::cancel(host, name)
        }
        wit::Effect::SetReminder(alarm) => {
            host.may_set_reminders()?;
            let policy = match alarm.policy {
                wit::Missed::All => reminders::Missed::All,
                wit::Missed::Last => reminders::Missed::Last,
                wit::Missed::Skip => reminders::Missed::Skip,
            };
            reminders::Host::set(host, alarm.name, alarm.delay_ms, alarm.period_ms, policy)
        }
        wit::Effect::CancelReminder(name) => {
            host.may_set_reminders()?;
            reminders::Host::cancel(host, name)
        }
    }
}
