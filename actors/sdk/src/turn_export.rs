//! The export that a whole turn goes through (`silo:actor/turn`), generated once; `actor!` has each
//! actor export it.
#![allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]

wit_bindgen::generate!({
    world: "turns",
    path: "wit",
    runtime_path: "::silo_sdk::wit_bindgen::rt",
    default_bindings_module: "::silo_sdk::turn_export",
    pub_export_macro: true,
    export_macro_name: "export_turn",
});

pub use exports::silo::actor::turn::*;
