//! JSON <-> component values, directed by WIT types.
//!
//! In reading order:
//! - [`ty`]: what a value may look like
//! - [`value`]: a value of some type
//! - [`decode`]: JSON becomes a value, or is checked against a type and stays JSON
//! - [`encode`]: a value becomes JSON
//! - [`error`]: what was wrong, and where
//! - [`wit`]: the types of an interface read from WIT text
//! - [`whole`]: whole numbers for readers that know no types
//! - [`compat`]: whether what one side expects is what the other side offers
//! - [`growth`]: whether the two understand each other although one knows more
//!
//! The mapping is described in `docs/wit-json.md`.

pub mod compat;
pub mod decode;
pub mod encode;
pub mod error;
pub mod growth;
pub mod ty;
pub mod value;
pub mod whole;
pub mod wit;

pub use decode::{Found, Limits, args_from_json, check_args, check_json, from_json};
pub use encode::{args_to_json, to_json};
pub use error::{Problem, ValueError};
pub use ty::camel;
pub use value::Value;
pub use whole::whole_numbers;
