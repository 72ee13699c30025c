//! Mistakes made on purpose, in builds with the feature `planted` alone: the tests of faults must
//! fail with each of them (`tests/cluster/planted.rs`).

/// Whether this mistake is to be made.
pub(crate) fn is(mistake: &str) -> bool {
    cfg!(feature = "planted") && std::env::var("PLANTED").is_ok_and(|planted| planted == mistake)
}
