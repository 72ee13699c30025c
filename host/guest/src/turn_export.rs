//! The export that takes a whole turn (`silo:actor/turn`), as an instance has it.

wasmtime::component::bindgen!({
    path: "../../wit/silo",
    world: "turns",
    // What a turn reads is lent to the guest, and copied once: into its memory.
    ownership: Borrowing { duplicate_if_necessary: true },
    exports: { default: async },
});

pub(crate) use exports::silo::actor::turn::*;
