//! One turn, from arguments to outcome.

use std::time::{Duration, Instant};

use bytes::Bytes;
use pizza_types::{Body, Outcome, State, StateWrite, StreamEvent};
use wasmtime::component::{ComponentExportIndex, Val};

use crate::convert::{from_val, to_val};
use crate::error::GuestError;
use crate::instance::Instance;
use crate::log;
use crate::module::{Method, Module};
use crate::turn::{Invocation, Turn};
use crate::turn_context::{Access, TurnContext};
use crate::whole::Whole;

/// Which export is to be called, and with what.
pub(crate) struct Call<'m> {
    export: &'m ComponentExportIndex,
    pub(crate) params: Vec<Val>,
    results: usize,
    access: Access,
    /// The layout and the bytes of a state to migrate. They do not pass through `Val`s, which
    /// take 24 bytes for each byte.
    migration: Option<(u32, Bytes)>,
    method: Option<&'m Method>,
}

/// The two ways into a guest.
enum Work<'m> {
    /// All in one call.
    Whole(Whole<'m>),
    /// The export of the contract, with values made for it; what the turn reads and stages goes
    /// through the imports.
    Export(Call<'m>),
}

impl Work<'_> {
    fn access(&self) -> Access {
        match self {
            Self::Whole(whole) => whole.access,
            Self::Export(call) => call.access,
        }
    }
}

impl Module {
    /// Runs the turn on an instance of this module. Nothing it does is visible to anybody
    /// until its outcome is committed; dropping the future stops it.
    ///
    /// # Errors
    /// What the guest did wrong, or why it could not be asked.
    pub async fn run(&self, turn: Turn) -> Result<Outcome, GuestError> {
        let deadline = Instant::now() + Duration::from_millis(turn.deadline_ms_left);
        // Before any permit: a message that does not fit takes nothing from others.
        let work = match self.whole(&turn)? {
            Some(whole) => Work::Whole(whole),
            None => Work::Export(self.call(&turn)?),
        };
        // First the right to work, then an instance: who waits here holds none.
        let _permit = self.pool.permit(turn.depth, deadline).await?;
        let mut instance = match self.pool.take() {
            Some(instance) => instance,
            None => self.start(deadline).await?,
        };
        let context = TurnContext::new(turn, work.access());
        instance.store.data_mut().context = Some(context);
        match within(deadline, self.perform(&mut instance, work)).await {
            Ok(outcome) => {
                instance.turns += 1;
                self.pool.give_back(instance);
                Ok(outcome)
            }
            // Whatever state the instance is in, nobody meets it again.
            Err(error) => {
                log_of_failure(&mut instance);
                Err(error)
            }
        }
    }

    async fn perform(
        &self,
        instance: &mut Instance,
        work: Work<'_>,
    ) -> Result<Outcome, GuestError> {
        let call = match work {
            Work::Whole(whole) => return self.perform_whole(instance, whole).await,
            Work::Export(call) => call,
        };
        if let Some((from_schema, bytes)) = call.migration {
            let migrated = instance.migrate(call.export, from_schema, &bytes).await?;
            return self.migrated(instance.take_context()?, migrated);
        }
        let mut results = vec![Val::Bool(false); call.results];
        instance
            .call(call.export, &call.params, &mut results)
            .await?;
        let (reply, declined) = match call.method {
            Some(method) => self.reply(method, results.pop())?,
            None => (Bytes::new(), false),
        };
        Ok(instance.take_context()?.into_outcome(reply, declined))
    }

    /// A new instance, when all modules together leave room for one.
    pub(crate) async fn start(&self, deadline: Instant) -> Result<Instance, GuestError> {
        let begun = Instant::now();
        let permit = self.pool.instance_permit(deadline).await?;
        let starting = Instance::start(&self.template, permit);
        match within(deadline, starting).await {
            // The turn itself has not begun, so it is not what took too long.
            Err(GuestError::Deadline) => Err(GuestError::no_instance(begun)),
            started => started,
        }
    }

    pub(crate) fn reply(
        &self,
        method: &Method,
        result: Option<Val>,
    ) -> Result<(Bytes, bool), GuestError> {
        let (Some(result), Some(ty)) = (result, &method.function.result) else {
            return Ok((Bytes::new(), false));
        };
        // A method that returns an error of its own has declined: its turn changes nothing.
        let declined = matches!(result, Val::Result(Err(_)));
        let value = from_val(result, ty).ok_or_else(|| GuestError::misfit("the reply"))?;
        let json = pizza_value::to_json(&value, ty).map_err(|_| GuestError::misfit("the reply"))?;
        let limit = self.limits().transfer_bytes;
        if json.len() > limit {
            let what = "a reply";
            return Err(GuestError::TransferTooLarge { what, limit });
        }
        Ok((json.into(), declined))
    }

    /// The bytes that `migrate` returned, as the state to commit.
    fn migrated(
        &self,
        context: TurnContext,
        migrated: Result<Vec<u8>, String>,
    ) -> Result<Outcome, GuestError> {
        let bytes = migrated.map_err(|why| GuestError::Refused {
            what: "the migration of the state",
            why,
        })?;
        let (found, limit) = (bytes.len(), self.limits().state_bytes);
        if found > limit {
            let what = "a migrated state";
            return Err(GuestError::StateTooLarge { what, found, limit });
        }
        let mut outcome = context.into_outcome(Bytes::new(), false);
        // The number is ours, not the guest's: the bytes are in the layout that this module
        // writes.
        outcome.state = StateWrite::Set(State {
            schema: self.schema,
            bytes: bytes.into(),
        });
        Ok(outcome)
    }

    fn call(&self, turn: &Turn) -> Result<Call<'_>, GuestError> {
        let hooks = &self.hooks;
        let (export, name, access) = match &turn.invocation {
            Invocation::Message(body) => return self.message(body),
            Invocation::Activate => (&hooks.activate, "activate", Access::TimersOnly),
            Invocation::Deactivate => (&hooks.deactivate, "deactivate", Access::ReadOnly),
            Invocation::Migrate { .. } => (&hooks.migrate, "migrate", Access::ReadOnly),
        };
        let mut call = self.hook(export.as_ref(), name, vec![])?;
        call.access = access;
        if let Invocation::Migrate { from_schema, bytes } = &turn.invocation {
            call.migration = Some((*from_schema, bytes.clone()));
        }
        Ok(call)
    }

    fn message(&self, body: &Body) -> Result<Call<'_>, GuestError> {
        let hooks = &self.hooks;
        match body {
            Body::Call { method, arguments } => self.method_call(method, arguments),
            Body::Timer { name } => self.hook(hooks.timer.as_ref(), "on-timer", vec![string(name)]),
            Body::Reminder {
                name,
                due_ms,
                missed,
            } => {
                let params = vec![string(name), Val::U64(*due_ms), Val::U32(*missed)];
                self.hook(hooks.reminder.as_ref(), "on-reminder", params)
            }
            Body::Events { stream, events } => {
                let events = events.iter().map(|event| to_event(stream, event));
                let params = vec![Val::List(events.collect())];
                self.hook(hooks.events.as_ref(), "on-events", params)
            }
        }
    }

    /// A call of one of the platform's own exports; none of them returns a value that
    /// [`Instance::call`] would have to lift.
    fn hook<'m>(
        &self,
        export: Option<&'m ComponentExportIndex>,
        name: &'static str,
        params: Vec<Val>,
    ) -> Result<Call<'m>, GuestError> {
        let no_hook = || GuestError::Refused {
            what: name,
            why: format!("the module of {:?} does not export it", self.actor_type),
        };
        Ok(Call {
            export: export.ok_or_else(no_hook)?,
            params,
            results: 0,
            access: Access::ReadWrite,
            migration: None,
            method: None,
        })
    }

    pub(crate) fn method_call(&self, name: &str, arguments: &[u8]) -> Result<Call<'_>, GuestError> {
        let method = self.method(name).ok_or_else(|| self.no_method(name))?;
        let limits = self.value_limits();
        let values = pizza_value::args_from_json(arguments, &method.function, &limits);
        let values = values.map_err(GuestError::bad_arguments)?;
        let pairs = values.into_iter().zip(&method.function.params);
        let params: Option<Vec<Val>> = pairs.map(|(v, p)| to_val(v, &p.ty)).collect();
        Ok(Call {
            export: &method.export,
            params: params.ok_or_else(|| GuestError::misfit("an argument"))?,
            results: usize::from(method.function.result.is_some()),
            access: method.access(),
            migration: None,
            method: Some(method),
        })
    }
}

/// Bounds any work on an instance by the deadline of its turn.
pub(crate) async fn within<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, GuestError>>,
) -> Result<T, GuestError> {
    let ended = tokio::time::timeout_at(deadline.into(), work).await;
    ended.unwrap_or(Err(GuestError::Deadline))
}

/// Writes the log of a failed turn, which may say why it failed; nothing else of it happened.
#[cold]
fn log_of_failure(instance: &mut Instance) {
    if let Ok(context) = instance.take_context() {
        let actor = context.actor.clone();
        log::write(&actor, &context.into_logs(), log::Turn::Failed);
    }
}

fn to_event(stream: &str, event: &StreamEvent) -> Val {
    let payload = String::from_utf8_lossy(&event.payload).into_owned();
    Val::Record(vec![
        ("name".to_owned(), string(stream)),
        ("position".to_owned(), Val::U64(event.position)),
        ("payload".to_owned(), Val::String(payload)),
    ])
}

fn string(text: &str) -> Val {
    Val::String(text.to_owned())
}
