//! The actors' contracts, as they were when this was built: what an order looks like is
//! written in its WIT, and nowhere a second time.

use std::sync::LazyLock;

use pizza_value::camel;
use wit_parser::{Function, InterfaceId, PackageName, Resolve, TypeDef, TypeId, TypeOwner};

macro_rules! contract {
    ($path:literal) => {
        (
            $path,
            include_str!(concat!("../../../wit/pizzeria/", $path)),
        )
    };
}

/// A contract that uses another stands behind it.
const SOURCES: [(&str, &str); 8] = [
    contract!("types/types.wit"),
    contract!("inventory/inventory.wit"),
    contract!("order/order.wit"),
    contract!("route/route.wit"),
    contract!("driver/driver.wit"),
    contract!("chef/chef.wit"),
    contract!("kitchen/kitchen.wit"),
    contract!("restaurant/restaurant.wit"),
];

pub(super) struct Contracts(pub(super) Resolve);

pub(super) fn contracts() -> &'static Contracts {
    static CONTRACTS: LazyLock<Contracts> = LazyLock::new(|| {
        let mut resolve = Resolve::default();
        for (path, source) in SOURCES {
            if let Err(error) = resolve.push_source(path, source) {
                // A test reads them all, so that only a build without tests gets here.
                tracing::error!(path, %error, "a contract cannot be read");
            }
        }
        Contracts(resolve)
    });
    &CONTRACTS
}

impl Contracts {
    pub(super) fn record(&self, package: &str, name: &str) -> Option<TypeId> {
        let mut interfaces = self.interfaces(package);
        interfaces.find_map(|id| self.0.interfaces[id].types.get(name).copied())
    }

    pub(super) fn function(&self, package: &str, name: &str) -> Option<&Function> {
        let mut interfaces = self.interfaces(package);
        interfaces.find_map(|id| self.0.interfaces[id].functions.get(name))
    }

    fn interfaces(&self, package: &str) -> impl Iterator<Item = InterfaceId> + '_ {
        let of = |name: &PackageName| name.namespace == "pizzeria" && name.name == package;
        let package = self.0.package_names.iter().find(|(name, _)| of(name));
        let interfaces = package.map(|(_, id)| self.0.packages[*id].interfaces.values());
        interfaces.into_iter().flatten().copied()
    }

    /// The name of a type among those of all packages: `order/status` is `OrderStatus`,
    /// `order/order-state` is `OrderState`, and what is common has its name alone.
    pub(super) fn name(&self, def: &TypeDef) -> Option<String> {
        let name = def.name.as_deref()?;
        let TypeOwner::Interface(owner) = def.owner else {
            return Some(titled(name));
        };
        let package = self.0.interfaces[owner].package?;
        let package = self.0.packages[package].name.name.as_str();
        // `OrderState` rather than `OrderOrderState`: generated clients show these names.
        if package == "types" || name.starts_with(package) {
            return Some(titled(name));
        }
        Some(titled(&format!("{package}-{name}")))
    }
}

fn titled(name: &str) -> String {
    let name = camel(name);
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    format!("{}{rest}", first.to_uppercase())
}
