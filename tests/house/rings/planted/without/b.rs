use crate::{A, Inner};
pub struct B(A, Inner);
