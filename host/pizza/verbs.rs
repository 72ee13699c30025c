//! One file a verb.

pub(crate) mod bench;
pub(crate) mod run;
pub(crate) mod wit;
