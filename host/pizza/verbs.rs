//! One file a verb.

pub(crate) mod wit;
