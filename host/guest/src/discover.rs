//! What a component exports and imports, found by looking at its types.

use std::collections::HashMap;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentEntityType, ComponentInstanceTypeId,
};
use wasmparser::types::TypesRef;
use wasmtime::component::Component;

use crate::client::ClientImport;
use crate::error::LoadError;
use crate::hooks::{HookExports, HookNames};
use crate::imports::clients;
use crate::manifest::Manifest;
use crate::module::Method;
use crate::structure::Structure;
use crate::{grant, plugin, types, wasi};

/// The package of the platform's own interfaces: what is exported from it is a hook.
const PLATFORM: &str = "silo:actor/";
/// How the name of an interface ends whose methods only read.
const QUERIES: &str = "-queries";

/// What a component can be asked, and whom it calls; known before anything is compiled.
pub(crate) struct Discovered {
    methods: HashMap<String, Exported>,
    hooks: HookNames,
    pub(crate) clients: Vec<ClientImport>,
    /// Whether it takes whole turns (`silo:actor/turn`).
    pub(crate) takes_turns: bool,
}

struct Exported {
    function: pizza_value::ty::Function,
    query: bool,
    interface: String,
}

pub(crate) fn discover(structure: &Structure, granted: &Manifest) -> Result<Discovered, LoadError> {
    let mut clients = Vec::new();
    for (name, item) in structure.imports() {
        // The grant first: its refusal says what to ask for, where a missing import would not.
        grant::interface(granted, name)?;
        clients.extend(import(structure.types(), name, &item)?);
    }
    grant::clients(granted, &clients)?;
    exports(structure, clients)
}

/// A plugin imports `log` and types, and has no hooks: it is asked, and that is all.
pub(crate) fn plugin(structure: &Structure) -> Result<Discovered, LoadError> {
    for (name, item) in structure.imports() {
        let short = name.split('@').next().unwrap_or(name);
        if short != plugin::GRANTED && !is_only_types(structure.types(), &item) {
            return Err(LoadError::ForbiddenImport {
                name: name.to_owned(),
                allowed: plugin::GRANTED.to_owned(),
            });
        }
    }
    let mut discovered = exports(structure, Vec::new())?;
    // It may export some, but nothing would ever call them.
    discovered.hooks = HookNames::default();
    discovered.takes_turns = false;
    if discovered.methods.is_empty() {
        return Err(LoadError::NoExports);
    }
    Ok(discovered)
}

impl Discovered {
    /// Where all of it is in the compiled component.
    pub(crate) fn found_in(
        self,
        component: &Component,
    ) -> (HashMap<String, Method>, HookExports, Vec<ClientImport>) {
        let find = |interface: &str, function: &str| {
            let interface = component.get_export_index(None, interface)?;
            component.get_export_index(Some(&interface), function)
        };
        // None is left out: the names were read from the bytes that were compiled.
        let methods = self.methods.into_iter().filter_map(|(name, exported)| {
            let export = find(&exported.interface, &exported.function.name)?;
            let Exported {
                function,
                query,
                interface,
            } = exported;
            let method = Method {
                function,
                query,
                interface,
                export,
                number: None,
            };
            Some((name, method))
        });
        let hooks = self
            .hooks
            .found_by(&|interface, function| find(&format!("{PLATFORM}{interface}"), function));
        (methods.collect(), hooks, self.clients)
    }
}

fn is_only_types(types: TypesRef<'_>, item: &ComponentEntityType) -> bool {
    // A resource is more: it has functions of its own.
    let is_type = |item: &ComponentEntityType| {
        matches!(
            item,
            ComponentEntityType::Type {
                created: ComponentAnyTypeId::Defined(_),
                ..
            }
        )
    };
    match item {
        ComponentEntityType::Instance(id) => {
            let mut items = types[*id].exports.values();
            items.all(|item| is_type(&item.ty))
        }
        item => is_type(item),
    }
}

fn exports(structure: &Structure, clients: Vec<ClientImport>) -> Result<Discovered, LoadError> {
    let types = structure.types();
    let mut discovered = Discovered {
        methods: HashMap::new(),
        hooks: HookNames::default(),
        clients,
        takes_turns: false,
    };
    for (name, item) in structure.exports() {
        let ComponentEntityType::Instance(instance) = item else {
            // A function or type that is exported by itself has no interface to call it by.
            continue;
        };
        if let Some(hook) = name.strip_prefix(PLATFORM) {
            // Its type is checked when the first instance starts.
            if hook.split('@').next() == Some("turn") {
                discovered.takes_turns = true;
            } else {
                discovered.hooks.discover(types, hook, instance)?;
            }
        } else {
            methods(types, name, instance, &mut discovered.methods)?;
        }
    }
    if discovered.methods.is_empty() && discovered.hooks.is_empty() {
        return Err(LoadError::NoExports);
    }
    Ok(discovered)
}

/// An import is the platform's, one of the granted ones, a client, or only types.
fn import(
    types: TypesRef<'_>,
    name: &str,
    item: &ComponentEntityType,
) -> Result<Option<ClientImport>, LoadError> {
    let granted = wasi::ALLOWED
        .iter()
        .any(|allowed| name.starts_with(allowed));
    if granted || name.starts_with(PLATFORM) {
        return Ok(None);
    }
    if let ComponentEntityType::Instance(instance) = item {
        if let Some(actor_type) = clients::target_type(name) {
            return clients::discover(types, name, actor_type, *instance).map(Some);
        }
        if is_only_types(types, item) {
            return Ok(None);
        }
    }
    let allowed = format!(
        "{PLATFORM}*, clients of actors, {}*",
        wasi::ALLOWED.join("*, ")
    );
    let name = name.to_owned();
    Err(LoadError::ForbiddenImport { name, allowed })
}

fn methods(
    types: TypesRef<'_>,
    interface: &str,
    instance: ComponentInstanceTypeId,
    methods: &mut HashMap<String, Exported>,
) -> Result<(), LoadError> {
    let short = interface.split('@').next().unwrap_or(interface);
    let query = short.ends_with(QUERIES);
    for (name, func) in types::functions(types, instance) {
        let exported = Exported {
            function: types::function(types, name, func)?,
            query,
            interface: interface.to_owned(),
        };
        // A message names a method without its interface, so one name must mean one function.
        if let Some(first) = methods.insert(name.to_owned(), exported) {
            return Err(LoadError::DuplicateMethod {
                name: name.to_owned(),
                first: first.interface,
                second: interface.to_owned(),
            });
        }
    }
    Ok(())
}
