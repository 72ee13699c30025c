//! Each rule of `docs/wit-json.md`, in both directions, and what becomes of everything else.

mod bounds;
mod checked;
mod compat;
mod errors;
mod round_trip;
mod rules;
mod types;
