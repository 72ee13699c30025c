//! What a module says of itself, asked of its first instance when it is loaded, within the
//! bounds of a turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{ComponentExportIndex, Val};

use crate::error::GuestError;
use crate::imports;
use crate::instance::Instance;
use crate::module::Module;
use crate::run::within;

/// The most streams that the actors of one type may receive.
const SUBSCRIPTIONS_MAX: usize = 64;

impl Module {
    /// Asks a first instance for what only running code can say. The instance stays, warm.
    ///
    /// # Errors
    /// When it cannot be started, or breaks a bound while it answers.
    pub(crate) async fn introspect(&mut self) -> Result<(), GuestError> {
        let wait = Duration::from_millis(self.limits().wait_ms);
        let deadline = Instant::now() + wait;
        let mut instance = self.start(deadline).await?;
        let schema = ask(&mut instance, self.hooks.schema.as_ref());
        if let Some(Val::U32(schema)) = within(deadline, schema).await? {
            self.schema = schema;
        }
        let streams = ask(&mut instance, self.hooks.subscriptions.as_ref());
        if let Some(Val::List(streams)) = within(deadline, streams).await? {
            self.subscriptions = subscriptions(streams)?;
        }
        let methods = within(deadline, instance.turn_methods()).await?;
        self.number(methods)?;
        // Only after all went well; an instance that failed is dropped on the way out.
        self.pool.give_back(instance);
        Ok(())
    }
}

impl Module {
    /// Takes over the numbers of the methods that whole turns can be asked for.
    fn number(&mut self, names: Vec<String>) -> Result<(), GuestError> {
        for (number, name) in (0..).zip(names) {
            let why = || format!("the contract has no method {:.128}", name);
            let method = self.methods.get_mut(&name);
            let method = method.ok_or_else(|| GuestError::Refused {
                what: "a whole turn",
                why: why(),
            })?;
            method.number = Some(number);
        }
        Ok(())
    }
}

fn subscriptions(streams: Vec<Val>) -> Result<Vec<Arc<str>>, GuestError> {
    let what = "this subscription";
    if streams.len() > SUBSCRIPTIONS_MAX {
        let found = streams.len();
        let why = format!("there are {found}; at most {SUBSCRIPTIONS_MAX} streams are allowed");
        return Err(GuestError::Refused { what, why });
    }
    let names = streams.into_iter().filter_map(|val| match val {
        Val::String(name) => Some(name),
        _ => None,
    });
    names
        .map(|name| imports::check_name(what, &name).map(|()| name.into()))
        .collect()
}

async fn ask(
    instance: &mut Instance,
    export: Option<&ComponentExportIndex>,
) -> Result<Option<Val>, GuestError> {
    let Some(export) = export else {
        return Ok(None);
    };
    let mut results = [Val::Bool(false)];
    // Without a context: any import that needs a turn refuses.
    instance.call(export, &[], &mut results).await?;
    let [answer] = results;
    Ok(Some(answer))
}
