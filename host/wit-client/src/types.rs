//! Spells types as WIT, and keeps the list of what the interface must `use`.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use wit_parser::{Interface, PackageId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner};

pub(super) struct Speller<'a> {
    resolve: &'a Resolve,
    package: PackageId,
    /// Path of an interface -> the types used from it, in the order of first use.
    used: BTreeMap<String, Vec<String>>,
    /// Name -> the type that has it here, so that two types never share one.
    named: BTreeMap<String, TypeId>,
}

impl<'a> Speller<'a> {
    pub(super) fn new(resolve: &'a Resolve, package: PackageId) -> Self {
        Self {
            resolve,
            package,
            used: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// The `use` lines, those of other packages first.
    pub(super) fn uses(&self) -> String {
        let (local, foreign): (Vec<_>, Vec<_>) =
            self.used.iter().partition(|(path, _)| !path.contains(':'));
        let line = |(path, names): (&String, &Vec<String>)| {
            format!("    use {path}.{{{}}};\n", names.join(", "))
        };
        foreign.into_iter().chain(local).map(line).collect()
    }

    pub(super) fn spell(&mut self, ty: &Type) -> anyhow::Result<String> {
        Ok(match ty {
            Type::Bool => "bool".into(),
            Type::U8 => "u8".into(),
            Type::U16 => "u16".into(),
            Type::U32 => "u32".into(),
            Type::U64 => "u64".into(),
            Type::S8 => "s8".into(),
            Type::S16 => "s16".into(),
            Type::S32 => "s32".into(),
            Type::S64 => "s64".into(),
            Type::F32 => "f32".into(),
            Type::F64 => "f64".into(),
            Type::Char => "char".into(),
            Type::String => "string".into(),
            Type::ErrorContext => bail!("an error-context cannot travel between actors"),
            Type::Id(id) => return self.spell_id(*id),
        })
    }

    fn spell_id(&mut self, id: TypeId) -> anyhow::Result<String> {
        let resolve = self.resolve;
        let def = &resolve.types[id];
        // A type with a name is imported and not spelled out, or callers would have two types of
        // it.
        if def.name.is_some() {
            return self.import(id);
        }
        Ok(match &def.kind {
            TypeDefKind::List(item) => format!("list<{}>", self.spell(item)?),
            TypeDefKind::FixedLengthList(item, length) => {
                format!("list<{}, {length}>", self.spell(item)?)
            }
            TypeDefKind::Map(key, value) => {
                format!("map<{}, {}>", self.spell(key)?, self.spell(value)?)
            }
            TypeDefKind::Option(some) => format!("option<{}>", self.spell(some)?),
            TypeDefKind::Tuple(tuple) => {
                let types = tuple
                    .types
                    .iter()
                    .map(|ty| self.spell(ty))
                    .collect::<anyhow::Result<Vec<_>>>()?;
                format!("tuple<{}>", types.join(", "))
            }
            TypeDefKind::Result(result) => {
                self.spell_result(result.ok.as_ref(), result.err.as_ref())?
            }
            other => bail!("a {} cannot travel between actors", other.as_str()),
        })
    }

    fn spell_result(&mut self, ok: Option<&Type>, err: Option<&Type>) -> anyhow::Result<String> {
        let ok = ok.map(|ty| self.spell(ty)).transpose()?;
        let err = err.map(|ty| self.spell(ty)).transpose()?;
        Ok(match (ok, err) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{ok}>"),
            (ok, Some(err)) => format!("result<{}, {err}>", ok.as_deref().unwrap_or("_")),
        })
    }

    /// A named type is used from the interface that defines it, not from one that passes it on.
    fn import(&mut self, id: TypeId) -> anyhow::Result<String> {
        let (id, def, owner) = self.definition(id)?;
        let name = def
            .name
            .clone()
            .context("a named type is defined by a named type")?;
        let owner_name = owner
            .name
            .as_deref()
            .context("a type of an interface without a name")?;
        let local = match self.named.get(&name) {
            // Two interfaces may have types of one name; the later one takes its owner's name along.
            Some(other) if *other != id => format!("{owner_name}-{name}"),
            _ => name.clone(),
        };
        if self.named.insert(local.clone(), id).is_none() {
            let item = if local == name {
                name
            } else {
                // The mark `%` is allowed on any name, and needed on one that is a keyword.
                format!("%{name} as {local}")
            };
            let path = self.path(owner, owner_name)?;
            self.used.entry(path).or_default().push(item);
        }
        Ok(local)
    }

    fn definition(&self, mut id: TypeId) -> anyhow::Result<(TypeId, &'a TypeDef, &'a Interface)> {
        loop {
            let def = &self.resolve.types[id];
            let TypeOwner::Interface(owner) = def.owner else {
                bail!(
                    "type `{}` belongs to no interface",
                    def.name.as_deref().unwrap_or_default()
                );
            };
            // A `use` only passes the type on; what counts is where it was defined.
            match def.kind {
                TypeDefKind::Type(Type::Id(origin))
                    if self.resolve.types[origin].owner != def.owner =>
                {
                    id = origin
                }
                _ => return Ok((id, def, &self.resolve.interfaces[owner])),
            }
        }
    }

    fn path(&self, owner: &Interface, name: &str) -> anyhow::Result<String> {
        let package = owner.package.context("an interface without a package")?;
        Ok(if package == self.package {
            name.to_owned()
        } else {
            self.resolve.id_of_name(package, name)
        })
    }
}
