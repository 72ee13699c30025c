//! Exports of the platform's own interfaces. All are optional, none may have another type:
//! a hook that cannot be called must be found at load, not at the first reminder.

use std::sync::Arc;

use pizza_value::ty::{Field, Function, Record, ResultType, Type};
use wasmparser::component_types::ComponentInstanceTypeId;
use wasmparser::types::TypesRef;
use wasmtime::component::ComponentExportIndex;

use crate::error::LoadError;
use crate::types;

/// The hooks that a component exports, each as its interface and its function.
#[derive(Default)]
pub(crate) struct HookNames(Vec<(String, String)>);

/// Where each hook is in the compiled component; `None` for one that is not exported.
#[derive(Default)]
pub(crate) struct HookExports {
    pub(crate) activate: Option<ComponentExportIndex>,
    pub(crate) deactivate: Option<ComponentExportIndex>,
    pub(crate) migrate: Option<ComponentExportIndex>,
    pub(crate) schema: Option<ComponentExportIndex>,
    pub(crate) timer: Option<ComponentExportIndex>,
    pub(crate) reminder: Option<ComponentExportIndex>,
    pub(crate) subscriptions: Option<ComponentExportIndex>,
    pub(crate) events: Option<ComponentExportIndex>,
}

/// Which hooks a module has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hooks {
    pub activate: bool,
    pub deactivate: bool,
    pub migrate: bool,
    pub timer: bool,
    pub reminder: bool,
    pub events: bool,
}

impl HookNames {
    /// Whether none of them is ever called for something to be done.
    pub(crate) fn is_empty(&self) -> bool {
        // The others only serve them: a module that is activated and never asked does nothing.
        let does = |function: &str| matches!(function, "on-timer" | "on-reminder" | "on-events");
        !self.0.iter().any(|(_, function)| does(function))
    }

    /// Takes over what a component exports of one of the platform's interfaces.
    pub(crate) fn discover(
        &mut self,
        types: TypesRef<'_>,
        interface: &str,
        instance: ComponentInstanceTypeId,
    ) -> Result<(), LoadError> {
        for (name, func) in types::functions(types, instance) {
            let found = types::function(types, name, func)?;
            let wrong = |problem: String| LoadError::Hook {
                interface: interface.to_owned(),
                function: name.to_owned(),
                problem,
            };
            // Only the declared type is wanted here: there is nothing compiled to point at yet.
            let mut none = HookExports::default();
            let Some((_, expected)) = none.declared(interface, name) else {
                return Err(wrong("there is no such function".to_owned()));
            };
            pizza_value::compat::same_function(&expected, &found)
                .map_err(|difference| wrong(difference.to_string()))?;
            self.0.push((interface.to_owned(), name.to_owned()));
        }
        Ok(())
    }

    /// Where they are in the compiled component.
    pub(crate) fn found_by(
        &self,
        find: &dyn Fn(&str, &str) -> Option<ComponentExportIndex>,
    ) -> HookExports {
        let mut exports = HookExports::default();
        for (interface, name) in &self.0 {
            if let Some((export, _)) = exports.declared(interface, name) {
                *export = find(interface, name);
            }
        }
        exports
    }
}

impl HookExports {
    pub(crate) fn present(&self) -> Hooks {
        Hooks {
            activate: self.activate.is_some(),
            deactivate: self.deactivate.is_some(),
            migrate: self.migrate.is_some(),
            timer: self.timer.is_some(),
            reminder: self.reminder.is_some(),
            events: self.events.is_some(),
        }
    }

    fn declared(
        &mut self,
        interface: &str,
        name: &str,
    ) -> Option<(&mut Option<ComponentExportIndex>, Function)> {
        let interface = interface.split('@').next().unwrap_or(interface);
        let bytes = || Type::List(Arc::new(Type::U8));
        let strings = || Type::List(Arc::new(Type::String));
        let (export, params, result) = match (interface, name) {
            ("lifecycle", "activate") => (&mut self.activate, vec![], None),
            ("lifecycle", "deactivate") => (&mut self.deactivate, vec![], None),
            ("lifecycle", "schema") => (&mut self.schema, vec![], Some(Type::U32)),
            ("lifecycle", "migrate") => {
                let params = vec![("from-schema", Type::U32), ("bytes", bytes())];
                let (ok, err) = (Some(bytes()), Some(Type::String));
                let result = Type::Result(Arc::new(ResultType { ok, err }));
                (&mut self.migrate, params, Some(result))
            }
            ("timer-events", "on-timer") => (&mut self.timer, vec![("name", Type::String)], None),
            ("reminder-events", "on-reminder") => {
                let name = ("name", Type::String);
                let params = vec![name, ("due", Type::U64), ("missed", Type::U32)];
                (&mut self.reminder, params, None)
            }
            ("stream-events", "subscriptions") => {
                (&mut self.subscriptions, vec![], Some(strings()))
            }
            ("stream-events", "on-events") => {
                let events = Type::List(Arc::new(event()));
                (&mut self.events, vec![("events", events)], None)
            }
            _ => return None,
        };
        let params = params.into_iter().map(|(name, ty)| Field::new(name, ty));
        let function = Function {
            name: name.to_owned(),
            params: params.collect(),
            result,
        };
        Some((export, function))
    }
}

fn event() -> Type {
    let fields = [
        ("name", Type::String),
        ("position", Type::U64),
        ("payload", Type::String),
    ];
    let fields = fields.into_iter().map(|(name, ty)| Field::new(name, ty));
    Type::Record(Arc::new(Record {
        fields: fields.collect(),
    }))
}
