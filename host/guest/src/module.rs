//! A module: compiled, looked at, ready for turns.

use std::collections::HashMap;
use std::sync::Arc;

use pizza_types::ModuleDigest;
use pizza_value::growth;
use pizza_value::ty::{Function, ResultType, Type};
use wasmtime::component::ComponentExportIndex;

use crate::client::{ClientFunction, ClientImport};
use crate::error::{ClientMismatch, GuestError};
use crate::hooks::{HookExports, Hooks};
use crate::instance::InstanceTemplate;
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::pool::Pool;
use crate::turn_context::Access;

/// All that turns of one actor type need of its code.
pub struct Module {
    pub(crate) digest: ModuleDigest,
    pub(crate) actor_type: Arc<str>,
    pub(crate) template: InstanceTemplate,
    pub(crate) methods: HashMap<String, Method>,
    pub(crate) hooks: HookExports,
    /// What it asks for; what it is granted is in the settings.
    pub(crate) manifest: Manifest,
    pub(crate) pool: Arc<Pool>,
    // Asked of the first instance, at load: only running code can tell.
    pub(crate) schema: u32,
    pub(crate) subscriptions: Vec<Arc<str>>,
}

/// A function that the module exports for others to call.
pub struct Method {
    pub function: Function,
    /// Whether the method only reads: it then runs without a commit, and may run beside a turn.
    pub query: bool,
    /// The interface that exports it.
    pub interface: String,
    pub(crate) export: ComponentExportIndex,
    /// Its number where the component takes whole turns, and this method's among them. Told by
    /// the first instance.
    pub(crate) number: Option<u32>,
}

impl Method {
    /// Whether its turns are handed over whole.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.number.is_some()
    }

    pub(crate) fn access(&self) -> Access {
        if self.query {
            Access::ReadOnly
        } else {
            Access::ReadWrite
        }
    }
}

impl Module {
    pub(crate) fn limits(&self) -> &Limits {
        &self.template.settings.limits
    }

    /// Bounds on the JSON of arguments.
    pub(crate) fn value_limits(&self) -> pizza_value::Limits {
        pizza_value::Limits {
            bytes_max: self.limits().transfer_bytes,
            ..pizza_value::Limits::default()
        }
    }

    pub(crate) fn no_method(&self, method: &str) -> GuestError {
        let mut known: Vec<&str> = self.methods.keys().map(String::as_str).collect();
        // From a hash map: the same error must read the same each time.
        known.sort_unstable();
        GuestError::UnknownMethod {
            actor_type: self.actor_type.to_string(),
            method: method.to_owned(),
            known: known.join(", "),
        }
    }

    #[must_use]
    pub fn digest(&self) -> ModuleDigest {
        self.digest
    }

    #[must_use]
    pub fn actor_type(&self) -> &Arc<str> {
        &self.actor_type
    }

    /// The layout number of the state that this module writes.
    #[must_use]
    pub fn schema(&self) -> u32 {
        self.schema
    }

    /// Streams whose events this type's actors receive.
    #[must_use]
    pub fn subscriptions(&self) -> &[Arc<str>] {
        &self.subscriptions
    }

    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.get(name)
    }

    pub fn methods(&self) -> impl Iterator<Item = &Method> {
        self.methods.values()
    }

    #[must_use]
    pub fn clients(&self) -> &[ClientImport] {
        &self.template.clients
    }

    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    #[must_use]
    pub fn hooks(&self) -> Hooks {
        self.hooks.present()
    }

    /// Functions of the clients for `target`'s type that do not fit what it exports, with
    /// the difference in words.
    #[must_use]
    pub fn misfits(&self, target: &Self) -> Vec<ClientMismatch> {
        let clients = self.template.clients.iter();
        let clients = clients.filter(|client| *client.actor_type == *target.actor_type);
        let functions =
            clients.flat_map(|client| client.functions.iter().map(move |f| (client, f)));
        let misfits = functions.filter_map(|(client, function)| {
            Some(ClientMismatch {
                interface: client.interface.clone(),
                function: function.function.name.clone(),
                problem: mismatch(function, target)?,
            })
        });
        misfits.collect()
    }

    /// Whether each client that this module imports fits what its target exports now.
    ///
    /// # Errors
    /// Every function that does not, with the difference in words.
    pub fn check_clients(
        &self,
        find: &dyn Fn(&str) -> Option<Arc<Self>>,
    ) -> Result<(), Vec<ClientMismatch>> {
        let mut mismatches = Vec::new();
        for client in self.template.clients.iter() {
            let target = find(&client.actor_type);
            for function in &client.functions {
                let problem = match &target {
                    // A call would fail at the first turn that makes it: better now.
                    None => Some(format!("no actor type {:?} is loaded", client.actor_type)),
                    Some(target) => mismatch(function, target),
                };
                mismatches.extend(problem.map(|problem| ClientMismatch {
                    interface: client.interface.clone(),
                    function: function.function.name.clone(),
                    problem,
                }));
            }
        }
        if mismatches.is_empty() {
            Ok(())
        } else {
            Err(mismatches)
        }
    }
}

fn mismatch(client: &ClientFunction, target: &Module) -> Option<String> {
    let name = &client.function.name;
    let Some(method) = target.method(name) else {
        return Some(format!("{} has no such method", target.actor_type()));
    };
    let mut expected = client.function.clone();
    // One way, the reply goes to nobody; otherwise it is read as the client declares it.
    expected.result = if client.one_way {
        method.function.result.clone()
    } else {
        expected_result(client, &method.function)
    };
    let difference = growth::serves(&expected, &method.function).err()?;
    Some(difference.to_string())
}

/// A target that returns a plain value has no error of its own to expect.
fn expected_result(client: &ClientFunction, target: &Function) -> Option<Type> {
    match (&client.reply, &target.result) {
        (Some(Type::Result(expected)), Some(Type::Result(_))) if client.refused => {
            let ResultType { ok, err } = (**expected).clone();
            Some(Type::Result(Arc::new(ResultType { ok, err })))
        }
        (reply, _) => reply.clone(),
    }
}
