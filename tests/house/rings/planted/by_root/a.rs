use crate::Root;
pub struct A(Box<Root>);
