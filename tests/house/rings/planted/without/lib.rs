mod a;
mod b;
pub use a::{A, Inner};
pub use b::*;
