//! One file a verb.

pub(crate) mod actor;
pub(crate) mod bench;
pub(crate) mod bridge;
pub(crate) mod compile;
pub(crate) mod demo;
pub(crate) mod dlq;
pub(crate) mod key;
pub(crate) mod module;
pub(crate) mod plugin;
pub(crate) mod run;
pub(crate) mod wit;
