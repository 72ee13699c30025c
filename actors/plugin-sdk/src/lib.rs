//! Write a plugin for a kitchen: implement [`Rules`] and name the type to [`export!`].
//!
//! ```
//! use kitchen_plugin::{FreeChef, Rules, WaitingOrder};
//!
//! pub struct Newest;
//! kitchen_plugin::export!(Newest);
//!
//! impl Rules for Newest {
//!     fn order_queue(_now: u64, mut queue: Vec<WaitingOrder>) -> Vec<String> {
//!         queue.sort_by_key(|order| std::cmp::Reverse(order.received_at));
//!         queue.into_iter().map(|order| order.order_id).collect()
//!     }
//!     // `None` leaves the decision to the kitchen.
//!     fn estimate_cooking(_order: WaitingOrder) -> Option<u64> {
//!         None
//!     }
//!     fn choose_chef(_order: WaitingOrder, _chefs: Vec<FreeChef>) -> Option<String> {
//!         None
//!     }
//! }
//! assert!(Newest::order_queue(0, Vec::new()).is_empty());
//! ```
//!
//! In a crate of its own the first line is `#![cfg_attr(target_arch = "wasm32", no_std)]`, and
//! `Vec` and `String` come from `alloc`.
//!
//! A plugin is `no_std`: the standard library of `wasm32-wasip2` imports WASI even where it
//! is not used, and a plugin that imports anything but the log is refused. What `std` would
//! give beyond `alloc` is here: [`memory`] to allocate from, and a panic that tells the
//! operator why ([`panic`]).
//!
//! `docs/plugins.md` walks from an empty folder to a bound plugin.
#![no_std]

#[cfg(target_arch = "wasm32")]
mod memory;
#[cfg(target_arch = "wasm32")]
mod panic;

extern crate alloc;
/// The bindings name this crate as the crates of plugins do.
extern crate self as kitchen_plugin;

#[doc(hidden)]
#[allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        world: "pizzeria:kitchen-plugin/kitchen-plugin",
        path: ["../../wit/silo", "../../wit/plugin"],
        generate_all,
        runtime_path: "::kitchen_plugin::wit_bindgen::rt",
        pub_export_macro: true,
        export_macro_name: "export_rules",
        default_bindings_module: "::kitchen_plugin::bindings",
        additional_derives: [PartialEq, Clone],
    });
}

pub use bindings::exports::pizzeria::kitchen_plugin::rules::Guest as Rules;
pub use bindings::pizzeria::kitchen_plugin::types::{Dish, FreeChef, WaitingOrder};
pub use bindings::silo::actor::log::Level;

#[doc(hidden)]
pub use wit_bindgen;

/// Makes the type the plugin; only in WebAssembly, so that its tests run natively.
#[macro_export]
macro_rules! export {
    ($plugin:ident) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "generated")]
        mod __export {
            use super::$plugin;
            $crate::bindings::export_rules!($plugin with_types_in $crate::bindings);
        }
    };
}

/// A line in the silo's log, under the kitchen's name. In a native test nobody hears it.
pub fn log(level: Level, message: &str) {
    #[cfg(target_arch = "wasm32")]
    bindings::silo::actor::log::log(level, message);
    #[cfg(not(target_arch = "wasm32"))]
    let _unheard = (level, message);
}
