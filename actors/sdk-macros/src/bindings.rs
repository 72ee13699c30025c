//! What wit-bindgen is asked for.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Ident;
use wit_parser::{
    Interface, InterfaceId, Resolve, Type, TypeDefKind, TypeOwner, WorldItem, WorldKey,
};

use crate::rust_type::{module, type_name};
use crate::shape::{as_float, is_option};
use crate::wit::Wit;

/// The platform's package; its imports are generated once, in the SDK.
const PLATFORM: (&str, &str) = ("silo", "actor");

pub(crate) fn generate(wit: &Wit) -> TokenStream {
    let Wit {
        resolve,
        world_name,
        folders,
        ..
    } = wit;
    let folders = folders.iter().map(|folder| folder.display().to_string());
    // The platform is generated once, in the SDK: each copy would have types of its own.
    let with = imports(wit)
        .filter(|(_, interface)| is_platform(resolve, interface))
        .map(|(id, interface)| {
            let name = resolve.id_of(id);
            let module = module(interface.name.as_deref().unwrap_or_default());
            quote!(#name: ::silo_sdk::bindings::silo::actor::#module)
        });
    let (type_attributes, member_attributes) = attributes(wit);
    quote! {
        ::silo_sdk::wit_bindgen::generate!({
            world: #world_name,
            path: [#(#folders),*],
            generate_all,
            generate_unused_types: true,
            runtime_path: "::silo_sdk::wit_bindgen::rt",
            with: { #(#with),* },
            additional_derives: [PartialEq, Clone, ::silo_sdk::serde::Serialize, ::silo_sdk::serde::Deserialize],
            additional_type_attributes: { #(#type_attributes),* },
            additional_member_attributes: { #(#member_attributes),* },
        });
    }
}

/// JSON of these types is what docs/wit-json.md says: camel case, absent values left out.
fn attributes(wit: &Wit) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let resolve = &wit.resolve;
    let (mut types, mut members) = (Vec::new(), Vec::new());
    // The platform's types get their attributes in the SDK.
    let imports = imports(wit).filter(|(_, interface)| !is_platform(resolve, interface));
    for (id, interface) in imports.chain(exports(wit)) {
        let Some(path) = resolve.id_of(id) else {
            continue;
        };
        for (name, ty) in &interface.types {
            let selector = format!("{path}/{name}");
            match &resolve.types[*ty].kind {
                TypeDefKind::Record(record) => {
                    for field in &record.fields {
                        let selector = format!("{selector}.{}", field.name);
                        let attribute = member(resolve, &field.ty);
                        members.extend(attribute.map(|tokens| quote!(#selector: [#tokens])));
                    }
                }
                TypeDefKind::Variant(_) | TypeDefKind::Enum(_) => {}
                // An alias is no type of its own in Rust, and takes no attributes.
                _ => continue,
            }
            types.push(quote!(#selector: [#[serde(crate = "::silo_sdk::serde", rename_all = "camelCase")]]));
        }
    }
    (types, members)
}

/// What serde would do otherwise with a field of this type.
fn member(resolve: &Resolve, ty: &Type) -> Option<TokenStream> {
    let optional = quote!(
        default,
        skip_serializing_if = "::core::option::Option::is_none"
    );
    let attributes = match as_float(resolve, ty) {
        Some(false) => quote!(with = "::silo_sdk::wire::float"),
        Some(true) => quote!(#optional, with = "::silo_sdk::wire::float::option"),
        None if is_option(resolve, ty) => optional,
        None => return None,
    };
    Some(quote!(#[serde(#attributes)]))
}

/// Short paths to what an author uses most: `bindings::order` for an exported interface,
/// and `bindings::types::…` for every type whose name is clear.
pub(crate) fn shortcuts(wit: &Wit) -> TokenStream {
    let resolve = &wit.resolve;
    let exported = exports(wit).map(|(id, _)| path(resolve, id));
    // The packages of what is exported: their types win over those of actors that are called.
    let own = wit.resolve.worlds[wit.world]
        .exports
        .values()
        .filter_map(|item| package(resolve, item))
        .collect::<Vec<_>>();
    let mut types: Vec<(Ident, TokenStream, bool)> = Vec::new();
    for (id, interface) in imports(wit).filter(|(_, interface)| !is_platform(resolve, interface)) {
        let is_own = own.contains(&interface.package) && !is_client(interface);
        let path = path(resolve, id);
        let defined = interface
            .types
            .iter()
            .filter(|(_, ty)| is_definition(resolve, id, **ty));
        // A client's own types are errors, which the generated clients turn into `CallError`.
        types.extend(defined.filter(|_| !is_client(interface)).map(|(name, _)| {
            let name = type_name(name);
            (name.clone(), quote!(#path::#name), is_own)
        }));
    }
    // A name that is given once is clear. Of several the actor's own wins, if it is one.
    let clear = types.iter().filter(|(name, _, is_own)| {
        let rivals = types
            .iter()
            .filter(|(other, _, other_is_own)| other == name && (*other_is_own || !is_own));
        rivals.count() == 1
            && (*is_own
                || !types
                    .iter()
                    .any(|(other, _, other_is_own)| other == name && *other_is_own))
    });
    let clear = clear.map(|(_, path, _)| path);
    quote! {
        #(pub use __generated::exports::#exported;)*
        /// Every type of the contracts whose name is clear; where a name is defined twice,
        /// that of the actor's own package, or none: take it from its module then.
        pub mod types {
            #(pub use super::__generated::#clear;)*
        }
    }
}

pub(crate) fn imports(wit: &Wit) -> impl Iterator<Item = (InterfaceId, &Interface)> {
    interfaces(&wit.resolve, wit.resolve.worlds[wit.world].imports.iter())
}

pub(crate) fn exports(wit: &Wit) -> impl Iterator<Item = (InterfaceId, &Interface)> {
    interfaces(&wit.resolve, wit.resolve.worlds[wit.world].exports.iter())
}

fn interfaces<'a>(
    resolve: &'a Resolve,
    items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> impl Iterator<Item = (InterfaceId, &'a Interface)> {
    items.filter_map(|(key, _)| match key {
        WorldKey::Interface(id) => Some((*id, &resolve.interfaces[*id])),
        // An interface that is written into the world has no package to refer to.
        WorldKey::Name(_) => None,
    })
}

/// The module where wit-bindgen puts the interface.
pub(crate) fn path(resolve: &Resolve, id: InterfaceId) -> TokenStream {
    let interface = &resolve.interfaces[id];
    let name = module(interface.name.as_deref().unwrap_or_default());
    let Some(package) = interface.package else {
        return quote!(#name);
    };
    let package = &resolve.packages[package].name;
    let (namespace, package) = (module(&package.namespace), module(&package.name));
    quote!(#namespace::#package::#name)
}

pub(crate) fn is_platform(resolve: &Resolve, interface: &Interface) -> bool {
    interface.package.is_some_and(|package| {
        let name = &resolve.packages[package].name;
        (name.namespace.as_str(), name.name.as_str()) == PLATFORM
    })
}

pub(crate) fn is_client(interface: &Interface) -> bool {
    interface
        .name
        .as_deref()
        .is_some_and(|name| name.ends_with("-client"))
}

fn package(resolve: &Resolve, item: &WorldItem) -> Option<Option<wit_parser::PackageId>> {
    match item {
        WorldItem::Interface { id, .. } => Some(resolve.interfaces[*id].package),
        _ => None,
    }
}

fn is_definition(resolve: &Resolve, interface: InterfaceId, ty: wit_parser::TypeId) -> bool {
    let def = &resolve.types[ty];
    // What a `use` brings in is listed where it is defined.
    let is_use = match def.kind {
        TypeDefKind::Type(Type::Id(origin)) => resolve.types[origin].owner != def.owner,
        _ => false,
    };
    def.owner == TypeOwner::Interface(interface) && !is_use
}
