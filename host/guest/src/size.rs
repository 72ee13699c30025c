//! How much of everything a component has, counted while it is read.
//!
//! What one instance takes is counted as the engine will instantiate it: a core module as
//! often as it is instantiated, in components inside as often as those are. Where that
//! cannot be told from the file (a module that is imported), the engine counts itself.

use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind,
    ComponentTypeRef, Encoding, Instance, Payload, SectionLimited,
};

use crate::error::LoadError;
use crate::limits::Limits;
use crate::settings::{ComponentBounds, MEMORIES_MAX};

/// How deep components and modules may lie inside each other. Compilers make three levels.
const DEPTH_MAX: usize = 16;
/// What is said of a bound that no operator can raise.
const FIXED: &str = "no setting raises it";
/// A page of linear memory, unless the module declares another size.
const PAGE_BYTES: u64 = 64 << 10;

/// The counts so far, while a component is read.
pub(crate) struct Sizes<'b> {
    bounds: &'b ComponentBounds,
    open: Vec<Part>,
    functions: u64,
    largest: Largest,
    whole: Size,
}

/// The largest memory and table that any core module starts with.
#[derive(Debug, Clone, Copy, Default)]
struct Largest {
    memory_bytes: u64,
    table_elements: u64,
}

/// What one instance of a component takes.
pub(crate) struct Total {
    size: Size,
    largest: Largest,
}

/// What one instance of a module or component takes, each a number of pieces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    core_instances: u64,
    memories: u64,
    tables: u64,
}

/// A module or component that is being read.
#[derive(Default)]
struct Part {
    is_component: bool,
    size: Size,
    // By index; `None` for what comes from outside.
    modules: Vec<Option<Size>>,
    components: Vec<Option<Size>>,
}

impl Size {
    /// Adds up without overflow: components inside each other multiply, so a small file can ask
    /// for a number that no integer holds.
    fn add(&mut self, other: Self) {
        self.core_instances = self.core_instances.saturating_add(other.core_instances);
        self.memories = self.memories.saturating_add(other.memories);
        self.tables = self.tables.saturating_add(other.tables);
    }
}

impl<'b> Sizes<'b> {
    pub(crate) fn new(bounds: &'b ComponentBounds) -> Self {
        Self {
            bounds,
            open: Vec::new(),
            functions: 0,
            largest: Largest::default(),
            whole: Size::default(),
        }
    }

    /// Whether what is read belongs to the component itself, and to none inside it.
    pub(crate) fn is_outermost(&self) -> bool {
        self.open.len() == 1
    }

    /// # Errors
    /// When it is nested too deep, has too many functions, or cannot be read.
    pub(crate) fn add(&mut self, payload: &Payload<'_>) -> Result<(), LoadError> {
        let counted = match payload {
            Payload::Version { encoding, .. } => return self.open(*encoding),
            Payload::End(_) => {
                self.close();
                Ok(())
            }
            // Of every core module, instantiated or not: all of them are compiled.
            Payload::FunctionSection(section) => return self.functions(section.count()),
            Payload::MemorySection(section) => self.memories(section.clone()),
            Payload::TableSection(section) => self.tables(section.clone()),
            Payload::InstanceSection(section) => self.core_instances(section.clone()),
            Payload::ComponentInstanceSection(section) => self.instances(section.clone()),
            Payload::ComponentImportSection(section) => each(section.clone(), |item| {
                self.named(import_kind(&item.ty), None);
            }),
            Payload::ComponentExportSection(section) => each(section.clone(), |item| {
                self.named(item.kind, Some(item.index));
            }),
            Payload::ComponentAliasSection(section) => {
                each(section.clone(), |alias| self.alias(&alias))
            }
            _ => Ok(()),
        };
        counted.map_err(|error| LoadError::Invalid(error.to_string()))
    }

    pub(crate) fn total(&self) -> Total {
        let (size, largest) = (self.whole, self.largest);
        Total { size, largest }
    }

    fn open(&mut self, encoding: Encoding) -> Result<(), LoadError> {
        // Every file, module and component begins with its version, so this is where one opens.
        self.open.push(Part {
            is_component: encoding == Encoding::Component,
            ..Part::default()
        });
        let (found, max) = (self.open.len(), DEPTH_MAX);
        if found > max {
            let what = "components inside each other";
            return Err(above(what, found as u64, max as u64, FIXED));
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(part) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(outer) if part.is_component => outer.components.push(Some(part.size)),
            Some(outer) => outer.modules.push(Some(part.size)),
            None => self.whole = part.size,
        }
    }

    fn functions(&mut self, count: u32) -> Result<(), LoadError> {
        // Checked as soon as it is known: the validator would keep a record of each.
        self.functions += u64::from(count);
        let max = u64::from(self.bounds.functions);
        if self.functions > max {
            let setting = "silo.modules.functions_max raises it";
            return Err(above("functions", self.functions, max, setting));
        }
        Ok(())
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Read {
        each(section, |memory| {
            let page = memory.page_size_log2.map_or(PAGE_BYTES, |log2| {
                1_u64.checked_shl(log2).unwrap_or(u64::MAX)
            });
            let bytes = memory.initial.saturating_mul(page);
            self.largest.memory_bytes = self.largest.memory_bytes.max(bytes);
            if let Some(part) = self.open.last_mut() {
                part.size.memories += 1;
            }
        })
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Read {
        each(section, |table| {
            self.largest.table_elements = self.largest.table_elements.max(table.ty.initial);
            if let Some(part) = self.open.last_mut() {
                part.size.tables += 1;
            }
        })
    }

    fn core_instances(&mut self, section: wasmparser::InstanceSectionReader<'_>) -> Read {
        each(section, |instance| {
            if let (Some(part), Instance::Instantiate { module_index, .. }) =
                (self.open.last_mut(), instance)
            {
                let module = part.modules.get(module_index as usize).copied().flatten();
                // Unknown is a module that comes from outside: then the engine counts.
                part.size.add(module.unwrap_or_default());
                part.size.core_instances = part.size.core_instances.saturating_add(1);
            }
        })
    }

    fn instances(&mut self, section: wasmparser::ComponentInstanceSectionReader<'_>) -> Read {
        each(section, |instance| {
            if let (
                Some(part),
                ComponentInstance::Instantiate {
                    component_index, ..
                },
            ) = (self.open.last_mut(), instance)
            {
                let inner = part.components.get(component_index as usize);
                part.size.add(inner.copied().flatten().unwrap_or_default());
            }
        })
    }

    /// Counts an item that is imported, exported or aliased: it has an index of its own from
    /// there on.
    fn named(&mut self, kind: ComponentExternalKind, index: Option<u32>) {
        let Some(part) = self.open.last_mut() else {
            return;
        };
        let items = match kind {
            ComponentExternalKind::Module => &mut part.modules,
            ComponentExternalKind::Component => &mut part.components,
            _ => return,
        };
        let known = index.and_then(|index| items.get(index as usize).copied().flatten());
        items.push(known);
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => self.named(*kind, None),
            // It names functions, memories and the like, which were counted where they are
            // defined.
            ComponentAlias::CoreInstanceExport { .. } => {}
            ComponentAlias::Outer { kind, count, index } => {
                // `count` is the number of levels outward; 0 is the part that is being read.
                let from = self.open.len().checked_sub(1 + *count as usize);
                let from = from.and_then(|index| self.open.get(index));
                let of = |items: &Vec<Option<Size>>| items.get(*index as usize).copied().flatten();
                match kind {
                    ComponentOuterAliasKind::CoreModule => {
                        let size = from.and_then(|part| of(&part.modules));
                        self.open.last_mut().map(|part| part.modules.push(size))
                    }
                    ComponentOuterAliasKind::Component => {
                        let size = from.and_then(|part| of(&part.components));
                        self.open.last_mut().map(|part| part.components.push(size))
                    }
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => None,
                };
            }
        }
    }
}

impl Total {
    /// # Errors
    /// The first bound that it is above, with what raises that.
    pub(crate) fn check(&self, bounds: &ComponentBounds, limits: &Limits) -> Result<(), LoadError> {
        let Self { size, largest } = self;
        let (instances, tables) = (u64::from(bounds.core_instances), u64::from(bounds.tables));
        let (memory, elements) = (limits.memory_bytes as u64, limits.table_elements as u64);
        let instances_set = "silo.modules.core_instances_max raises it";
        let tables_set = "silo.modules.tables_max raises it";
        let memory_set = "memory_mib of its type and of its manifest raise it";
        let all = [
            (
                "core instances",
                size.core_instances,
                instances,
                instances_set,
            ),
            ("memories", size.memories, MEMORIES_MAX.into(), FIXED),
            ("tables", size.tables, tables, tables_set),
            (
                "bytes of memory from the start",
                largest.memory_bytes,
                memory,
                memory_set,
            ),
            (
                "table elements from the start",
                largest.table_elements,
                elements,
                FIXED,
            ),
        ];
        let too_many = all.into_iter().find(|(_, found, max, _)| found > max);
        too_many.map_or(Ok(()), |(what, found, max, setting)| {
            Err(above(what, found, max, setting))
        })
    }
}

type Read = Result<(), wasmparser::BinaryReaderError>;

fn each<'a, T: wasmparser::FromReader<'a>>(
    section: SectionLimited<'a, T>,
    mut with: impl FnMut(T),
) -> Read {
    for item in section {
        with(item?);
    }
    Ok(())
}

fn import_kind(ty: &ComponentTypeRef) -> ComponentExternalKind {
    match ty {
        ComponentTypeRef::Module(_) => ComponentExternalKind::Module,
        ComponentTypeRef::Func(_) => ComponentExternalKind::Func,
        ComponentTypeRef::Value(_) => ComponentExternalKind::Value,
        ComponentTypeRef::Type(_) => ComponentExternalKind::Type,
        ComponentTypeRef::Instance(_) => ComponentExternalKind::Instance,
        ComponentTypeRef::Component(_) => ComponentExternalKind::Component,
    }
}

fn above(what: &'static str, found: u64, max: u64, setting: &'static str) -> LoadError {
    LoadError::Bound {
        what,
        found,
        max,
        setting,
    }
}
