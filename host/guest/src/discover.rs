//! What a component exports and imports, found by looking at its types.

use std::collections::HashMap;

use wasmtime::Engine;
use wasmtime::component::types::{ComponentInstance, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex};

use crate::error::LoadError;
use crate::hooks::HookExports;
use crate::imports::clients;
use crate::manifest::Manifest;
use crate::module::{ClientImport, Method};
use crate::{grant, plugin, types, wasi};

const PLATFORM: &str = "silo:actor/";
const QUERIES: &str = "-queries";

pub(crate) struct Discovered {
    pub(crate) methods: HashMap<String, Method>,
    pub(crate) hooks: HookExports,
    pub(crate) clients: Vec<ClientImport>,
}

pub(crate) fn discover(
    engine: &Engine,
    component: &Component,
    granted: &Manifest,
) -> Result<Discovered, LoadError> {
    let mut clients = Vec::new();
    for (name, item) in component.component_type().imports(engine) {
        grant::interface(granted, name)?;
        clients.extend(import(engine, name, &item.ty)?);
    }
    grant::clients(granted, &clients)?;
    exports(engine, component, clients)
}

/// A plugin imports `log` and types, and has no hooks: it is asked, and that is all.
pub(crate) fn plugin(engine: &Engine, component: &Component) -> Result<Discovered, LoadError> {
    for (name, item) in component.component_type().imports(engine) {
        let short = name.split('@').next().unwrap_or(name);
        if short != plugin::GRANTED && !is_only_types(engine, &item.ty) {
            return Err(LoadError::ForbiddenImport {
                name: name.to_owned(),
                allowed: plugin::GRANTED.to_owned(),
            });
        }
    }
    let mut discovered = exports(engine, component, Vec::new())?;
    discovered.hooks = HookExports::default();
    if discovered.methods.is_empty() {
        return Err(LoadError::NoExports);
    }
    Ok(discovered)
}

fn is_only_types(engine: &Engine, item: &ComponentItem) -> bool {
    let is_type = |item: &ComponentItem| matches!(item, ComponentItem::Type(_));
    match item {
        ComponentItem::ComponentInstance(instance) => {
            instance.exports(engine).all(|(_, item)| is_type(&item.ty))
        }
        item => is_type(item),
    }
}

fn exports(
    engine: &Engine,
    component: &Component,
    clients: Vec<ClientImport>,
) -> Result<Discovered, LoadError> {
    let ty = component.component_type();
    let mut discovered = Discovered {
        methods: HashMap::new(),
        hooks: HookExports::default(),
        clients,
    };
    for (name, item) in ty.exports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else {
            continue;
        };
        let Some(index) = component.get_export_index(None, name) else {
            continue;
        };
        let find = |function: &str| component.get_export_index(Some(&index), function);
        if let Some(hook) = name.strip_prefix(PLATFORM) {
            let hooks = &mut discovered.hooks;
            hooks.discover(engine, hook, &instance, &find)?;
        } else {
            methods(engine, name, &instance, &find, &mut discovered.methods)?;
        }
    }
    if discovered.methods.is_empty() && discovered.hooks.is_empty() {
        return Err(LoadError::NoExports);
    }
    Ok(discovered)
}

/// An import is the platform's, one of the granted ones, a client, or only types.
fn import(
    engine: &Engine,
    name: &str,
    item: &ComponentItem,
) -> Result<Option<ClientImport>, LoadError> {
    let granted = wasi::ALLOWED
        .iter()
        .any(|allowed| name.starts_with(allowed));
    if granted || name.starts_with(PLATFORM) {
        return Ok(None);
    }
    if let ComponentItem::ComponentInstance(instance) = item {
        if let Some(actor_type) = clients::target_type(name) {
            return clients::discover(engine, name, actor_type, instance).map(Some);
        }
        if is_only_types(engine, item) {
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
    engine: &Engine,
    interface: &str,
    instance: &ComponentInstance,
    find: &dyn Fn(&str) -> Option<ComponentExportIndex>,
    methods: &mut HashMap<String, Method>,
) -> Result<(), LoadError> {
    let short = interface.split('@').next().unwrap_or(interface);
    let query = short.ends_with(QUERIES);
    for (name, item) in instance.exports(engine) {
        let ComponentItem::ComponentFunc(func) = item.ty else {
            continue;
        };
        let Some(export) = find(name) else {
            continue;
        };
        let method = Method {
            function: types::function(name, &func)?,
            query,
            interface: interface.to_owned(),
            export,
        };
        if let Some(first) = methods.insert(name.to_owned(), method) {
            return Err(LoadError::DuplicateMethod {
                name: name.to_owned(),
                first: first.interface,
                second: interface.to_owned(),
            });
        }
    }
    Ok(())
}
