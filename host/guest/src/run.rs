//! One turn, from arguments to outcome.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use pizza_types::{LogLevel, Outcome, State, StateWrite};
use pizza_value::{Limits, Value, ValueError};
use wasmtime::component::{ComponentExportIndex, Val};

use crate::convert::{from_val, to_val};
use crate::desk::{May, Papers};
use crate::error::GuestError;
use crate::instance::{Instance, failure};
use crate::module::{Method, Module};
use crate::turn::{Turn, What};

/// What to call with what.
struct Call<'m> {
    export: &'m ComponentExportIndex,
    params: Vec<Val>,
    results: usize,
    may: May,
    method: Option<&'m Method>,
}

impl Module {
    /// Runs the turn on an instance of this module. Nothing it does is visible to anybody
    /// until its outcome is committed; dropping the future stops it.
    ///
    /// # Errors
    /// What the guest did wrong, or why it could not be asked.
    pub async fn run(&self, turn: Turn) -> Result<Outcome, GuestError> {
        let deadline = Duration::from_millis(turn.deadline_ms_left);
        let call = self.call(&turn)?;
        let _place = self.pool.place(turn.depth, deadline).await?;
        let running = self.run_call(turn, call);
        match tokio::time::timeout(deadline, running).await {
            Ok(outcome) => outcome,
            // The instance went with the future: it is never used again.
            Err(_) => Err(GuestError::Deadline),
        }
    }

    async fn run_call(&self, turn: Turn, call: Call<'_>) -> Result<Outcome, GuestError> {
        let migrates = matches!(turn.what, What::Migrate { .. });
        let mut instance = self.instance().await?;
        let desk = instance.store.data_mut();
        desk.ticks = 0;
        desk.broken = None;
        desk.papers = Some(Papers::new(turn, call.may));
        instance.store.set_epoch_deadline(1);

        let mut results = vec![Val::Bool(false); call.results];
        let store = &mut instance.store;
        let Some(func) = instance.wasm.get_func(&mut *store, call.export) else {
            return Err(GuestError::Unknown("such export".to_owned()));
        };
        let called = func
            .call_async(&mut *store, &call.params, &mut results)
            .await;
        if let Err(error) = called {
            // Whatever state the instance is in, nobody meets it again.
            return Err(failure(store, &error));
        }
        // A growth that was refused is no failure if the guest managed without.
        instance.store.data_mut().broken = None;
        let outcome = self.outcome(&mut instance, &call, results, migrates)?;
        instance.turns += 1;
        self.pool.give_back(instance);
        Ok(outcome)
    }

    async fn instance(&self) -> Result<Instance, GuestError> {
        match self.pool.take() {
            Some(instance) => Ok(instance),
            None => Instance::start(&self.pre, &self.settings, self.ticks_max).await,
        }
    }

    fn outcome(
        &self,
        instance: &mut Instance,
        call: &Call<'_>,
        mut results: Vec<Val>,
        migrates: bool,
    ) -> Result<Outcome, GuestError> {
        let desk = instance.store.data_mut();
        let output = desk.output.take();
        for line in String::from_utf8_lossy(&output).lines() {
            desk.log(LogLevel::Info, line);
        }
        let Some(papers) = desk.papers.take() else {
            return Err(GuestError::Trap("the turn lost its papers".to_owned()));
        };
        if migrates {
            return self.migrated(papers, results.pop());
        }
        let (reply, declined) = match call.method {
            Some(method) => self.reply(method, results.pop())?,
            None => (Bytes::new(), false),
        };
        Ok(papers.into_outcome(reply, declined))
    }

    fn reply(&self, method: &Method, result: Option<Val>) -> Result<(Bytes, bool), GuestError> {
        let (Some(result), Some(ty)) = (result, &method.function.result) else {
            return Ok((Bytes::new(), false));
        };
        let declined = matches!(result, Val::Result(Err(_)));
        let value = from_val(result, ty).ok_or_else(|| misfit("the reply"))?;
        let json = pizza_value::to_json(&value, ty).map_err(|_| misfit("the reply"))?;
        let limit = self.settings.limits.transfer_bytes;
        if json.len() > limit {
            let what = "a reply";
            return Err(GuestError::TransferTooLarge { what, limit });
        }
        Ok((json.into(), declined))
    }

    /// The bytes that `migrate` returned, as the state to commit.
    fn migrated(&self, papers: Papers, result: Option<Val>) -> Result<Outcome, GuestError> {
        let bytes_type = pizza_value::ty::Type::List(Arc::new(pizza_value::ty::Type::U8));
        let refused = |why: String| GuestError::Refused {
            what: "the migration of the state",
            why,
        };
        match result {
            Some(Val::Result(Ok(Some(bytes)))) => {
                let Some(Value::Bytes(bytes)) = from_val(*bytes, &bytes_type) else {
                    return Err(misfit("the migrated state"));
                };
                let (found, limit) = (bytes.len(), self.settings.limits.state_bytes);
                if found > limit {
                    let what = "a migrated state";
                    return Err(GuestError::StateTooLarge { what, found, limit });
                }
                let mut outcome = papers.into_outcome(Bytes::new(), false);
                outcome.state = StateWrite::Set(State {
                    schema: self.schema,
                    bytes: bytes.into(),
                });
                Ok(outcome)
            }
            Some(Val::Result(Err(Some(why)))) => match *why {
                Val::String(why) => Err(refused(why)),
                _ => Err(misfit("the refusal")),
            },
            _ => Err(misfit("the migrated state")),
        }
    }

    fn call(&self, turn: &Turn) -> Result<Call<'_>, GuestError> {
        let hooks = &self.hooks;
        let (export, params, results, may) = match &turn.what {
            What::Call { method, arguments } => return self.method_call(method, arguments),
            What::Timer { name } => (&hooks.timer, vec![string(name)], 0, May::Everything),
            What::Reminder {
                name,
                due_ms,
                missed,
            } => {
                let params = vec![string(name), Val::U64(*due_ms), Val::U32(*missed)];
                (&hooks.reminder, params, 0, May::Everything)
            }
            What::Event {
                stream,
                position,
                payload,
            } => {
                let payload = String::from_utf8_lossy(payload).into_owned();
                let event = vec![
                    ("name".to_owned(), string(stream)),
                    ("position".to_owned(), Val::U64(*position)),
                    ("payload".to_owned(), Val::String(payload)),
                ];
                (&hooks.event, vec![Val::Record(event)], 0, May::Everything)
            }
            What::Activate => (&hooks.activate, vec![], 0, May::SetTimers),
            What::Deactivate => (&hooks.deactivate, vec![], 0, May::OnlyRead),
            What::Migrate { from_schema, bytes } => {
                let bytes = bytes.iter().map(|byte| Val::U8(*byte)).collect();
                let params = vec![Val::U32(*from_schema), Val::List(bytes)];
                (&hooks.migrate, params, 1, May::OnlyRead)
            }
        };
        let missing = || GuestError::Unknown(format!("hook for {:?}", turn.what));
        Ok(Call {
            export: export.as_ref().ok_or_else(missing)?,
            params,
            results,
            may,
            method: None,
        })
    }

    fn method_call(&self, name: &str, arguments: &[u8]) -> Result<Call<'_>, GuestError> {
        let missing = || GuestError::Unknown(format!("method {name:?}"));
        let method = self.method(name).ok_or_else(missing)?;
        let limits = Limits {
            bytes_max: self.settings.limits.transfer_bytes,
            ..Limits::default()
        };
        let values = pizza_value::args_from_json(arguments, &method.function, &limits);
        let values = values.map_err(bad_arguments)?;
        let pairs = values.into_iter().zip(&method.function.params);
        let params: Option<Vec<Val>> = pairs.map(|(v, p)| to_val(v, &p.ty)).collect();
        Ok(Call {
            export: &method.export,
            params: params.ok_or_else(|| misfit("an argument"))?,
            results: usize::from(method.function.result.is_some()),
            may: if method.query {
                May::OnlyRead
            } else {
                May::Everything
            },
            method: Some(method),
        })
    }

    /// Asks a first instance for what only it can say. It stays, warm.
    pub(crate) async fn ask_about_itself(&mut self) -> Result<(), GuestError> {
        let mut instance = Instance::start(&self.pre, &self.settings, self.ticks_max).await?;
        if let Some(Val::U32(schema)) = ask(&mut instance, self.hooks.schema.as_ref()).await? {
            self.schema = schema;
        }
        let streams = ask(&mut instance, self.hooks.subscriptions.as_ref()).await?;
        if let Some(Val::List(streams)) = streams {
            let text = |val: Val| {
                if let Val::String(s) = val {
                    Some(s.into())
                } else {
                    None
                }
            };
            self.subscriptions = streams.into_iter().filter_map(text).collect();
        }
        self.pool.give_back(instance);
        Ok(())
    }
}

async fn ask(
    instance: &mut Instance,
    export: Option<&ComponentExportIndex>,
) -> Result<Option<Val>, GuestError> {
    let Some(export) = export else {
        return Ok(None);
    };
    let store = &mut instance.store;
    store.set_epoch_deadline(1);
    let Some(func) = instance.wasm.get_func(&mut *store, export) else {
        return Ok(None);
    };
    let mut results = vec![Val::Bool(false)];
    let called = func.call_async(&mut *store, &[], &mut results).await;
    called.map_err(|error| failure(store, &error))?;
    Ok(results.pop())
}

fn string(text: &str) -> Val {
    Val::String(text.to_owned())
}

fn bad_arguments(error: ValueError) -> GuestError {
    let message = error.problem.to_string();
    let pointer = error.pointer;
    GuestError::BadArguments { pointer, message }
}

fn misfit(what: &str) -> GuestError {
    GuestError::Trap(format!("{what} does not fit its type"))
}
