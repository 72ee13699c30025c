//! Types of a component become types of `pizza-value`.

use std::sync::Arc;

use pizza_value::ty::{
    Case, Enum, Field, Flags, Function, Name, Record, ResultType, Type, Variant,
};
use wasmparser::PrimitiveValType;
use wasmparser::component_types::{
    ComponentDefinedType as Defined, ComponentEntityType, ComponentFuncTypeId,
    ComponentInstanceTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;

use crate::error::LoadError;

/// Types may nest, but nobody needs them to nest without end.
const DEPTH_MAX: usize = 32;
/// Parts of one function's types, spelled out: a file of a kilobyte can name a million.
const PARTS_MAX: usize = 10_000;

pub(crate) fn function(
    types: TypesRef<'_>,
    name: &str,
    id: ComponentFuncTypeId,
) -> Result<Function, LoadError> {
    let func = &types[id];
    let mut parts = 0;
    let params = func.params.iter().map(|(param, ty)| {
        let location = format!("{name}({param})");
        let ty = Spelling::new(types, &location, &mut parts).out(ty, 0)?;
        Ok(Field::new(param.as_str(), ty))
    });
    let params = params.collect::<Result<_, _>>()?;
    let location = format!("{name}() result");
    let result = func.result.as_ref();
    let result = result
        .map(|ty| Spelling::new(types, &location, &mut parts).out(ty, 0))
        .transpose()?;
    Ok(Function {
        name: name.to_owned(),
        params,
        result,
    })
}

/// One parameter or result, part by part.
struct Spelling<'t> {
    types: TypesRef<'t>,
    location: &'t str,
    parts: &'t mut usize,
}

impl<'t> Spelling<'t> {
    fn new(types: TypesRef<'t>, location: &'t str, parts: &'t mut usize) -> Self {
        Self {
            types,
            location,
            parts,
        }
    }

    fn unsupported(&self, kind: &'static str) -> LoadError {
        LoadError::UnsupportedType {
            location: self.location.to_owned(),
            kind,
        }
    }

    fn out(&mut self, ty: &ComponentValType, depth: usize) -> Result<Type, LoadError> {
        if depth > DEPTH_MAX {
            return Err(self.unsupported("a type nested this deep"));
        }
        // Types of the component model share their parts, ours spell them out: what is small in
        // the file can be huge here.
        *self.parts += 1;
        if *self.parts > PARTS_MAX {
            return Err(self.unsupported("a type of more than 10,000 parts"));
        }
        let id = match ty {
            ComponentValType::Primitive(ty) => return self.primitive(*ty),
            ComponentValType::Type(id) => *id,
        };
        let types = self.types;
        let mut inner = |ty: &ComponentValType| self.out(ty, depth + 1);
        Ok(match &types[id] {
            Defined::Primitive(ty) => return self.primitive(*ty),
            Defined::List { element, .. } => Type::List(Arc::new(inner(element)?)),
            Defined::Option { ty, .. } => Type::Option(Arc::new(inner(ty)?)),
            Defined::Record(record) => {
                let fields = record.fields.iter();
                let fields = fields.map(|(name, ty)| Ok(Field::new(name.as_str(), inner(ty)?)));
                let fields = fields.collect::<Result<_, LoadError>>()?;
                Type::Record(Arc::new(Record { fields }))
            }
            Defined::Tuple(tuple) => {
                let types = tuple.types.iter().map(inner);
                Type::Tuple(types.collect::<Result<_, _>>()?)
            }
            Defined::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| {
                    let ty = case.ty.as_ref().map(&mut inner).transpose()?;
                    Ok(Case::new(name.as_str(), ty))
                });
                let cases = cases.collect::<Result<_, LoadError>>()?;
                Type::Variant(Arc::new(Variant { cases }))
            }
            Defined::Enum(names) => {
                let names = names.iter().map(|name| Name::new(name.as_str())).collect();
                Type::Enum(Arc::new(Enum { names }))
            }
            Defined::Flags(names) => {
                let names = names.iter().map(|name| Name::new(name.as_str())).collect();
                Type::Flags(Arc::new(Flags { names }))
            }
            Defined::Result { ok, err, .. } => {
                let ok = ok.as_ref().map(&mut inner).transpose()?;
                let err = err.as_ref().map(&mut inner).transpose()?;
                Type::Result(Arc::new(ResultType { ok, err }))
            }
            Defined::Own(_) | Defined::Borrow(_) => return Err(self.unsupported("a resource")),
            Defined::Future { .. } | Defined::Stream { .. } => {
                return Err(self.unsupported("a future or a stream"));
            }
            Defined::Map { .. } | Defined::FixedLengthList { .. } => {
                return Err(self.unsupported("a value of this type"));
            }
        })
    }

    fn primitive(&self, ty: PrimitiveValType) -> Result<Type, LoadError> {
        Ok(match ty {
            PrimitiveValType::Bool => Type::Bool,
            PrimitiveValType::S8 => Type::S8,
            PrimitiveValType::U8 => Type::U8,
            PrimitiveValType::S16 => Type::S16,
            PrimitiveValType::U16 => Type::U16,
            PrimitiveValType::S32 => Type::S32,
            PrimitiveValType::U32 => Type::U32,
            PrimitiveValType::S64 => Type::S64,
            PrimitiveValType::U64 => Type::U64,
            PrimitiveValType::F32 => Type::F32,
            PrimitiveValType::F64 => Type::F64,
            PrimitiveValType::Char => Type::Char,
            PrimitiveValType::String => Type::String,
            PrimitiveValType::ErrorContext => {
                return Err(self.unsupported("a value of this type"));
            }
        })
    }
}

/// The functions of an interface, in its order.
pub(crate) fn functions(
    types: TypesRef<'_>,
    instance: ComponentInstanceTypeId,
) -> impl Iterator<Item = (&str, ComponentFuncTypeId)> {
    let items = types.get(instance).into_iter();
    let items = items.flat_map(|instance| &instance.exports);
    items.filter_map(|(name, item)| match item.ty {
        ComponentEntityType::Func(id) => Some((name.as_str(), id)),
        _ => None,
    })
}
