//! The platform's imports, generated once for every actor.
//! Authors use the modules of this crate instead.
#![allow(unsafe_code, unreachable_pub, clippy::all, reason = "generated")]

wit_bindgen::generate!({
    world: "host",
    // The same files as in `wit/silo` of the checkout: what is published has to have them.
    path: "wit",
    generate_all,
    generate_unused_types: true,
    additional_derives: [PartialEq, Clone, serde::Serialize, serde::Deserialize],
    additional_type_attributes: {
        "silo:actor/types@0.1.0/call-failure": [#[serde(rename_all = "camelCase")]],
        "silo:actor/plugins@0.1.0/plugin-failure": [#[serde(rename_all = "camelCase")]],
        "silo:actor/context@0.1.0/identity": [#[serde(rename_all = "camelCase")]],
    },
});
