//! A plugin: a component in a world of its own, in which there is nothing but `log`. It is
//! a stranger's, so each call gets a fresh instance, and little of everything.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use pizza_types::{ActorId, LogLine, MessageId, ModuleDigest};
use pizza_value::ty::Function;
use wasmtime::component::Val;

use crate::error::GuestError;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::module::Module;
use crate::run::within;
use crate::settings::{Reuse, TypeSettings};
use crate::turn::{Invocation, Turn};
use crate::turn_context::{Access, TurnContext};

/// The only interface that a plugin may import.
pub(crate) const GRANTED: &str = "silo:actor/log";

/// A plugin that was loaded, ready to be asked.
pub struct Plugin {
    module: Arc<Module>,
}

/// What a plugin may take. An operator cannot raise it: code that needs more than this
/// has to be an actor.
pub(crate) fn settings() -> TypeSettings {
    TypeSettings {
        limits: Limits {
            // A tenth of the time that a question may take: the rest is the wait for a processor.
            cpu_ms: 5,
            memory_bytes: 8 << 20,
            table_elements: 10_000,
            state_bytes: 0,
            effects: 0,
            transfer_bytes: 64 << 10,
            log_lines: 10,
            log_line_bytes: 500,
            instances: 8,
            // At load; a question has its own, shorter wait.
            wait_ms: 5_000,
        },
        reuse: Reuse::Fresh,
        ..TypeSettings::default()
    }
}

impl Plugin {
    pub(crate) fn new(module: Arc<Module>) -> Self {
        Self { module }
    }

    #[must_use]
    pub fn digest(&self) -> ModuleDigest {
        self.module.digest()
    }

    /// The functions that the plugin exports, in alphabetical order of their names.
    #[must_use]
    pub fn functions(&self) -> Vec<&Function> {
        let mut functions: Vec<_> = self.module.methods().map(|m| &m.function).collect();
        functions.sort_by(|a, b| a.name.cmp(&b.name));
        functions
    }

    /// Calls a function on an instance of its own; also what the plugin had to say.
    pub(crate) async fn call(
        &self,
        actor: ActorId,
        function: Arc<str>,
        arguments: Bytes,
        deadline: Instant,
    ) -> (Result<Bytes, GuestError>, Vec<LogLine>) {
        // Depth 0: a plugin calls nobody, so there are no chains here.
        let _permit = match self.module.pool.permit(0, deadline).await {
            Ok(permit) => permit,
            Err(error) => return (Err(error), Vec::new()),
        };
        let started = self.started(actor, function, arguments, deadline).await;
        let (mut instance, call) = match started {
            Ok(started) => started,
            Err(error) => return (Err(error), Vec::new()),
        };
        let answer = within(deadline, self.ask(&mut instance, call)).await;
        // Also after a failure: the last words may say why.
        let said = instance.take_context().map(TurnContext::into_logs);
        (answer, said.unwrap_or_default())
    }

    async fn started(
        &self,
        actor: ActorId,
        function: Arc<str>,
        arguments: Bytes,
        deadline: Instant,
    ) -> Result<(Instance, Asked), GuestError> {
        let call = self.module.method_call(&function, &arguments)?;
        let asked = Asked {
            function,
            params: call.params,
        };
        let mut instance = self.module.start(deadline).await?;
        // There is nothing to see on them: a plugin has no import that would look.
        let turn = Turn::alone(actor, Invocation::Activate, MessageId([0; 16]), 0);
        let context = TurnContext::new(turn, Access::ReadOnly);
        instance.store.data_mut().context = Some(context);
        Ok((instance, asked))
    }

    async fn ask(&self, instance: &mut Instance, asked: Asked) -> Result<Bytes, GuestError> {
        let method = self.module.method(&asked.function);
        let method = method.ok_or_else(|| GuestError::Trap("a function is gone".to_owned()))?;
        let mut results = vec![Val::Bool(false); usize::from(method.function.result.is_some())];
        instance
            .call(&method.export, &asked.params, &mut results)
            .await?;
        let (reply, _) = self.module.reply(method, results.pop())?;
        Ok(reply)
    }
}

/// One question: the function, and its arguments as the component takes them.
struct Asked {
    function: Arc<str>,
    params: Vec<Val>,
}
