//! What a component is made of, read from its bytes: nothing is compiled for it, and code
//! is stepped over, so that a refusal takes milliseconds.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::{Types, TypesRef};
use wasmparser::{Parser, Payload, ValidPayload, Validator, WasmFeatures};

use crate::error::LoadError;
use crate::manifest::{Manifest, Sections};
use crate::settings::ComponentBounds;
use crate::size::{Sizes, Total};

/// What was read of one component.
pub(crate) struct Structure {
    pub(crate) manifest: Manifest,
    /// The names of what the component imports, in the order of the file.
    imports: Vec<String>,
    /// The names of what the component exports, in the order of the file.
    exports: Vec<String>,
    pub(crate) total: Total,
    types: Types,
}

impl Structure {
    /// Reads all of the component, which may be made to take a second: not where turns run.
    ///
    /// # Errors
    /// When it is not valid, apart from its code; when it has too many functions; when
    /// its manifest is not understood.
    pub(crate) fn of(wasm: &[u8], bounds: &ComponentBounds) -> Result<Self, LoadError> {
        let invalid = |error: wasmparser::BinaryReaderError| LoadError::Invalid(error.to_string());
        // What the engine does not take of these, it refuses itself.
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let mut sizes = Sizes::new(bounds);
        let mut sections = Sections::default();
        let (mut imports, mut exports, mut types) = (Vec::new(), Vec::new(), None);
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload.map_err(invalid)?;
            // First: the bounds are those of the validator's work, too.
            sizes.add(&payload)?;
            match validator.payload(&payload).map_err(invalid)? {
                // The component's own are the last.
                ValidPayload::End(ended) => types = Some(ended),
                // A function's code is left alone: the compiler validates it when it reads it.
                ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::Func(..) => {}
            }
            match payload {
                Payload::CustomSection(section) => sections.add(&section)?,
                Payload::ComponentImportSection(items) if sizes.is_outermost() => {
                    let names = items.into_iter().map(|item| Ok(item?.name.name.to_owned()));
                    imports.extend(names.collect::<Result<Vec<_>, _>>().map_err(invalid)?);
                }
                Payload::ComponentExportSection(items) if sizes.is_outermost() => {
                    let names = items.into_iter().map(|item| Ok(item?.name.name.to_owned()));
                    exports.extend(names.collect::<Result<Vec<_>, _>>().map_err(invalid)?);
                }
                _ => {}
            }
        }
        let types = types.ok_or_else(|| LoadError::Invalid("it has no end".to_owned()))?;
        Ok(Self {
            manifest: sections.manifest()?,
            imports,
            exports,
            total: sizes.total(),
            types,
        })
    }

    pub(crate) fn types(&self) -> TypesRef<'_> {
        self.types.as_ref()
    }

    pub(crate) fn imports(&self) -> impl Iterator<Item = (&str, ComponentEntityType)> {
        let types = self.types.as_ref();
        self.imports.iter().filter_map(move |name| {
            let item = types.component_item_for_import(name)?;
            Some((name.as_str(), item.ty))
        })
    }

    pub(crate) fn exports(&self) -> impl Iterator<Item = (&str, ComponentEntityType)> {
        let types = self.types.as_ref();
        self.exports.iter().filter_map(move |name| {
            let item = types.component_item_for_export(name)?;
            Some((name.as_str(), item.ty))
        })
    }
}
