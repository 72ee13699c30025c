use super::a::{self, A as Other};
pub struct B(Box<Other>);
